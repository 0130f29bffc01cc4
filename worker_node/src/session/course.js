import { within } from '../system/clock.js';
import { facts } from '../system/log.js';
import { catchUpAcks, resolveUnknown } from './recovery.js';
import { RESTRICTED, UNLINKED, socketReason } from './watch.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').ClientEvents} ClientEvents
 *
 * @typedef {import('../reasons.js').SessionReason} SessionReason
 *
 * @typedef {object} Parts
 * @property {import('../settings.js').Settings} settings
 * @property {import('../system/clock.js').Clock} clock
 * @property {import('../system/log.js').Logger} log
 * @property {import('../journal/journal.js').Journal} journal
 * @property {import('./status.js').Status} status
 * @property {import('./sender.js').Sender} sender
 * @property {import('./receipts.js').Receipts} receipts
 * @property {import('./inbox.js').Inbox} inbox
 * @property {import('./groups.js').Groups} groups
 * @property {import('../metrics.js').Metrics} metrics
 */

/** What becomes of a session by what WhatsApp, its page and its browser say. */
export class Course {
  #parts;
  /** Set by the session, which owns both. @type {import('./lifecycle.js').Lifecycle} */
  life = /** @type {never} */ (null);
  /** Being stopped on purpose: what the browser says while it goes is of no interest. */
  leaving = false;
  /** Which client is being made ready just now. @type {Client | null} */
  #preparing = null;
  /** Which client is known to be of the right phone. @type {Client | null} */
  #known = null;
  /** What the socket said last, and how often it said anything: what was read while it came and went may lack something. @type {{word: string, count: number}} */
  #socket = { word: 'CONNECTED', count: 0 };

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  get isPreparing() {
    return this.#preparing !== null && this.life.isCurrent(this.#preparing);
  }

  /** @returns {import('./lifecycle.js').Hooks} */
  hooks() {
    const { status, sender, journal, metrics } = this.#parts;
    return {
      events: (client) => this.#events(client),
      dead: (reason) => sender.lineWentDead(reason),
      restarting: (reason) => {
        status.restarts += 1;
        metrics.restart(reason);
      },
      opening: async (reason) => {
        this.#socket.word = 'CONNECTED';
        if (status.state !== 'starting' || status.reason !== reason) await this.#down('starting', reason);
      },
      failed: async (reason, isNews) => {
        await this.#down('failed', reason);
        if (isNews) await journal.account('failed', reason);
      },
    };
  }

  /** @param {'starting' | 'failed'} state @param {SessionReason | null} reason */
  async #down(state, reason) {
    const { status, journal } = this.#parts;
    const wasUp = status.state === 'ready' || status.state === 'offline';
    await status.set(state, reason);
    if (wasUp) await journal.account('offline', reason);
  }

  /** @param {Client} client @returns {ClientEvents} */
  #events(client) {
    const { status, receipts, inbox, clock, metrics } = this.#parts;
    const sinceOpened = () => clock.now() - this.life.openedAt;
    return {
      qr: (qr) => {
        if (status.state === 'starting') metrics.started('qr', sinceOpened());
        this.do(status.linked ? this.unlinked('UNPAIRED') : status.showQr(qr));
      },
      code: (code) => this.do(status.showCode(code, status.code?.digits ?? '')),
      synced: () => this.do(this.syncing(null, true)),
      ready: () => this.do(this.#becomeReady(client)),
      state: (state) => this.do(this.#socketSays(state)),
      disconnected: (reason) => this.do(this.#disconnected(reason)),
      gone: (reason) => this.restart(reason),
      own: (message) => this.do(receipts.own(client, message)),
      ack: (id, ack) => this.do(receipts.ack(id, ack)),
      received: (message) => {
        // Perhaps it was written to somebody else. If not, it is read before the session gets ready.
        if (status.expected === null || this.#known === client) this.do(inbox.received(client, message));
      },
      unreadable: (unread) => inbox.missed(unread),
    };
  }

  /** @param {Promise<unknown>} work */
  do(work) {
    work.catch((error) => this.#parts.log.error(facts(error), 'what WhatsApp said could not be dealt with'));
  }

  /** @param {SessionReason} reason @param {{planned?: boolean}} [how] */
  restart(reason, how) {
    if (this.#parts.status.isRunning() && !this.leaving) this.life.restart(reason, how);
  }

  /** @param {string} said */
  async #disconnected(said) {
    if (this.leaving) return;
    const reason = socketReason(said);
    if (UNLINKED.includes(said)) await this.unlinked(reason);
    else if (RESTRICTED.includes(said)) await this.restricted(reason);
    else this.restart(reason);
  }

  /** The browser is forgotten first, so that nothing it still says counts, and deleted from disk when it is dead. @param {SessionReason} reason @param {string | null} [other] */
  async unlinked(reason, other = null) {
    const { status, journal, sender, groups } = this.#parts;
    groups.forget();
    sender.lineWentDead('unlinked', { queued: 'unlinked', fault: 'account' });
    const forgotten = this.life.forget('unlinked');
    // Told before it is so: a kill in between makes it be told again, not lost.
    await journal.account('unlinked', reason);
    await status.set('logged_out', reason, { linked: false, shouldRun: false, other });
    await forgotten;
  }

  /** Whose phone it has to be. One that is up under another number begins anew: then it is seen whose it is. @param {string} number E.164 */
  async expect(number) {
    const { status } = this.#parts;
    if (status.expected === number) return;
    await status.expect(number);
    if (status.linked && status.number !== number) this.restart('other_number', { planned: true });
  }

  /** @param {import('../client/port.js').Account} account */
  #isOther({ number }) {
    const { expected } = this.#parts.status;
    if (expected !== null && number === null) throw new Error('the page does not say whose phone it is');
    return expected !== null && number !== expected;
  }

  /** The phone of another number: nothing of it is heard or sent, and it is unlinked again. @param {Client} client @param {string | null} number */
  async #otherNumber(client, number) {
    this.leaving = true;
    try {
      await this.tellPhone(client);
      if (this.life.isCurrent(client)) await this.unlinked('other_number', number);
    } finally {
      this.leaving = false;
    }
  }

  /** That it is no longer linked. @param {Client} client */
  async tellPhone(client) {
    const { clock, settings, log } = this.#parts;
    try {
      await within(clock, settings.waits.logout, 'logout', client.logout());
      return true;
    } catch (error) {
      log.warn(facts(error), 'the phone could not be told of the logout');
      return false;
    }
  }

  /** @param {SessionReason} reason */
  async restricted(reason) {
    const { status, journal, sender } = this.#parts;
    sender.lineWentDead('restricted', { queued: 'restricted', fault: 'restriction' });
    const closed = this.life.close('restricted');
    await journal.account('restricted', reason);
    await status.set('restricted', reason, { shouldRun: false });
    await closed;
  }

  /** @param {string} socket */
  async #socketSays(socket) {
    const { state } = this.#parts.status;
    this.#socket = { word: socket, count: this.#socket.count + 1 };
    if (socket === 'CONNECTED' && state === 'offline') await this.online();
    if (this.#isLost && state === 'ready') await this.offline(socketReason(socket));
  }

  get #isLost() {
    return ['OPENING', 'TIMEOUT', 'UNLAUNCHED'].includes(this.#socket.word);
  }

  /** @param {SessionReason} reason */
  async offline(reason) {
    const { status, journal, sender } = this.#parts;
    await status.set('offline', reason);
    await sender.failQueued('channel_down', 'account');
    await journal.account('offline', reason);
  }

  /** Connected again: what people wrote meanwhile may stand in the chats only. */
  async online() {
    this.#socket.word = 'CONNECTED';
    if (this.life.client) await this.#becomeReady(this.life.client, true);
  }

  /** @param {SessionReason | null} reason @param {boolean} [isLinked] certainly; a scan may still come to nothing */
  async syncing(reason, isLinked = false) {
    const { status, sender } = this.#parts;
    const linked = isLinked || status.linked;
    if (status.state === 'syncing' && status.linked === linked) return;
    await status.set('syncing', reason, { linked });
    await sender.failQueued('channel_down', 'account');
  }

  /** Linked and synced; being made ready takes as long as it may and no longer. @param {Client} client @param {boolean} [wasOffline] and ready before that */
  async #becomeReady(client, wasOffline = false) {
    if (this.#preparing === client) return;
    this.#preparing = client;
    const { clock, settings, log } = this.#parts;
    try {
      await this.syncing(null, true);
      const account = await within(clock, settings.waits.catchUp, 'catching up', this.#catchUp(client, wasOffline));
      if (!this.life.isCurrent(client)) return;
      if (this.#isOther(account)) await this.#otherNumber(client, account.number);
      else if (this.#isLost) await this.offline(socketReason(this.#socket.word));
      else await this.#ready(client, account, wasOffline);
    } catch (error) {
      log.warn(facts(error), 'the session could not be made ready');
      if (this.life.isCurrent(client)) this.restart('catch_up_failed');
    } finally {
      if (this.#preparing === client) this.#preparing = null;
    }
  }

  /**
   * Before it may send: what became of the unknown, and what people wrote meanwhile, for a STOP may be among it.
   * @param {Client} client
   * @param {boolean} wasOffline what is under way is so in this same browser, and goes on
   */
  async #catchUp(client, wasOffline) {
    const { journal, clock, log, status, inbox, sender, settings } = this.#parts;
    // What was under way when the last browser went must have been written down as unknown.
    if (!wasOffline) await sender.drained(settings.waits.catchUp);
    const account = await client.account();
    if (this.#isOther(account)) return account;
    this.#known = client;
    if (!wasOffline) await resolveUnknown({ journal, client, openedAt: this.life.openedAt, now: () => clock.now(), log });
    if (status.number !== null && status.number !== account.number) await inbox.listenFromNow();
    let count;
    do {
      ({ count } = this.#socket);
      await inbox.catchUp(client);
    } while (count !== this.#socket.count && this.life.isCurrent(client));
    return account;
  }

  /** @param {Client} client @param {import('../client/port.js').Account} account @param {boolean} wasOffline */
  async #ready(client, { number, name }, wasOffline) {
    const { journal, clock, log, status, metrics } = this.#parts;
    if (!wasOffline) metrics.started('ready', clock.now() - this.life.openedAt);
    await journal.account('connected', null);
    // The phone may have removed the link meanwhile; that is told after this, and stands.
    if (!this.life.isCurrent(client)) return;
    await status.set('ready', null, { number, name, linked: true });
    this.do(catchUpAcks(journal, client, { now: () => clock.now(), log, isCurrent: () => this.life.isCurrent(client) }));
  }
}
