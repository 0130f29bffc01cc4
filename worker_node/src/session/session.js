import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { facts } from '../system/log.js';
import { Contents } from './contents.js';
import { Course } from './course.js';
import { Groups } from './groups.js';
import { Inbox, fromNowOn } from './inbox.js';
import { Lifecycle } from './lifecycle.js';
import { Linking } from './linking.js';
import { Receipts } from './receipts.js';
import { Sender } from './sender.js';
import { Upkeep } from './upkeep.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').ClientEvents} ClientEvents
 *
 * @typedef {object} Parts
 * @property {string} id
 * @property {string} dir
 * @property {import('../settings.js').Settings} settings
 * @property {import('../system/clock.js').Clock} clock
 * @property {import('../system/log.js').Logger} log
 * @property {import('../journal/journal.js').Journal} journal
 * @property {import('./status.js').Status} status
 * @property {import('../client/port.js').MakeClient} makeClient
 * @property {() => Promise<void>} turn
 * @property {import('../metrics.js').Metrics} metrics
 */

/**
 * @typedef {object} Wish what whoever starts a session says of it
 * @property {string | null} number whose phone it has to be; null: as said before
 * @property {number | null} listenSince for a journal that never listened, milliseconds; null: from now on, where `number` is given, or from being linked
 */

/** One account: its browser, its journal, its queue, and what they make of its state. */
export class Session {
  id;
  dir;
  status;
  journal;
  sender;
  receipts;
  groups;
  contents;
  linking;
  #course;
  #life;
  #upkeep;
  #clock;
  #waits;
  #log;

  /** @param {Parts} parts */
  constructor({ id, dir, settings, clock, log, journal, status, makeClient, turn, metrics }) {
    this.id = id;
    this.dir = dir;
    this.status = status;
    this.journal = journal;
    this.#clock = clock;
    this.#waits = settings.waits;
    this.#log = log;
    const inbox = new Inbox({ journal, clock, settings, log, linkedAt: () => status.linkedAt, countLost: () => metrics.replyLost() });
    /** @type {import('./sender.js').Line} */
    const line = {
      client: () => this.#sendingClient(),
      state: () => status.state,
      mayHaveMissed: (number, chat) => inbox.mayHaveMissed(number, chat),
      suspect: (client, reason) => {
        if (this.#life.isCurrent(client)) this.#course.restart(reason);
      },
    };
    this.receipts = new Receipts(journal, (state, reason) => metrics.message(state, reason));
    this.sender = new Sender({ journal, receipts: this.receipts, clock, settings, log, line });
    this.groups = new Groups({ journal, clock, settings, log });
    this.contents = new Contents({ clock, settings });
    this.#course = new Course({ settings, clock, log, journal, status, inbox, groups: this.groups, sender: this.sender, receipts: this.receipts, metrics });
    const launch = (/** @type {ClientEvents} */ on) => makeClient({ id, profileDir: this.profileDir, on });
    this.#life = new Lifecycle({ clock, settings, log, launch, turn, profileDir: this.profileDir, hooks: this.#course.hooks() });
    this.#course.life = this.#life;
    this.linking = new Linking({ clock, settings, status, life: this.#life });
    this.#upkeep = new Upkeep({
      clock, settings, log, journal, status, life: this.#life, inbox, sender: this.sender, course: this.#course,
      giveUpLinking: () => this.stop('not_scanned'),
    });
  }

  get profileDir() {
    return join(this.dir, 'profile');
  }

  get filesDir() {
    return join(this.dir, 'files');
  }

  get pid() {
    return this.#life.client?.pid() ?? null;
  }

  view() {
    return this.status.view(this.id);
  }

  /** The client, for whatever needs a linked and connected page. */
  readyClient() {
    const client = this.#sendingClient();
    if (!client) throw new Refusal('not_ready', 'The session cannot do that now.', this.status.state);
    return client;
  }

  /** @param {Client} client */
  isCurrent(client) {
    return this.#life.isCurrent(client);
  }

  /** Looks after itself; called every few seconds. */
  async tick() {
    if (this.#course.leaving) return;
    await this.#upkeep.tick().catch((error) => this.#log.warn(facts(error), 'looking after a session failed'));
  }

  /**
   * The library failed where nobody waited for it. Mostly a browser was just closing; but where the page was loaded anew, it did not get into it
   * again, and never will.
   */
  async strayFailure() {
    if (this.#course.leaving) return;
    await this.#upkeep.lookAnew();
    if (this.status.state === 'syncing' && this.status.reason === 'page_reloaded') this.#course.restart('page_reloaded');
  }

  /** Starts; a session that runs is left as it is, unless it is up under another number. @param {Wish} wish */
  async start({ number, listenSince }) {
    const now = this.#clock.now();
    if (number !== null || listenSince !== null) await this.journal.listenSince(listenSince === null ? fromNowOn(now) : Math.min(listenSince, now));
    if (number !== null) await this.#course.expect(number);
    if (this.status.isRunning()) return;
    await mkdir(this.filesDir, { recursive: true, mode: 0o700 });
    this.#life.failures = 0;
    await this.status.set('starting', null, { shouldRun: true });
    this.#life.open();
  }

  /** Begins where the last worker left off. */
  async resume() {
    await rm(this.filesDir, { recursive: true, force: true });
    await mkdir(this.filesDir, { recursive: true, mode: 0o700 });
    if (!this.status.shouldRun) return;
    await this.status.set('starting', 'worker_restarted');
    this.#life.open('worker_restarted');
  }

  /** Closes the browser and keeps the link. @param {import('../reasons.js').SessionReason} [reason] */
  async stop(reason = 'stopped') {
    const matters = this.status.shouldRun;
    await this.#close(reason);
    if (matters) await this.status.set('stopped', reason, { shouldRun: false });
  }

  /** The worker ends; the next one starts the session again. */
  async suspend() {
    if (this.status.shouldRun) await this.#close('worker_stopped');
  }

  /** @param {import('../reasons.js').SessionReason} reason */
  async #close(reason) {
    await this.#leave('channel_down', () => this.#life.close(reason));
  }

  /** Unlinks at WhatsApp where that is possible, and forgets the profile in any case. */
  async logout() {
    await this.#leave('unlinked', async (client) => {
      const told = client !== null && (await this.#course.tellPhone(client));
      await this.#course.unlinked(told ? 'logout' : 'forgotten');
    });
  }

  /**
   * Lets the message under way end, fails what waits, and then goes.
   * @param {import('../reasons.js').FailedReason} queued why what waits fails
   * @param {(client: Client | null) => Promise<void>} go
   */
  async #leave(queued, go) {
    const client = this.#sendingClient();
    this.#course.leaving = true;
    try {
      await this.sender.failQueued(queued, 'account');
      await this.sender.drained(this.#waits.drain);
      await go(client && this.#life.isCurrent(client) ? client : null);
    } finally {
      this.#course.leaving = false;
    }
  }

  /** @returns {Client | null} */
  #sendingClient() {
    return this.status.state === 'ready' && !this.#course.leaving && !this.#upkeep.mayHaveSlept ? this.#life.client : null;
  }
}
