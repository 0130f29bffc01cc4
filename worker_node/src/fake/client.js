import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PageGone, WhatsAppRefused, numberOf } from '../client/port.js';
import { sendUnder } from './troubles.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').ClientEvents} ClientEvents
 * @typedef {import('../client/port.js').Outgoing} Outgoing
 * @typedef {import('../client/port.js').OwnMessage} OwnMessage
 * @typedef {import('./phone.js').FakePhone} FakePhone
 * @typedef {import('./phone.js').Got} Got
 */

const NEVER = /** @type {Promise<never>} */ (new Promise(() => {}));

/** A Chromium with WhatsApp Web that is none: the same surface as `client/whatsapp_web.js`, over a FakePhone. @implements {Client} */
export class FakeClient {
  #phone;
  #on;
  #profileDir;
  #now;
  #die;
  /** @type {(error: Error) => void} */
  #breakAll = () => {};
  #broken = /** @type {Promise<never>} */ (
    new Promise((_, reject) => {
      this.#breakAll = reject;
    })
  );
  #isUp = false;
  #isReady = false;
  #isFrozen = false;
  #injected = true;
  #refs = 0;
  /** Said nothing although it was synced (the library's missed `ready`). */
  missesReady = false;
  toldReady = 0;
  refreshed = 0;
  closed = 0;
  /** @type {(() => void)[]} sends that a frozen page still holds */
  held = [];

  /**
   * @param {FakePhone} phone
   * @param {{profileDir: string, on: ClientEvents}} where
   * @param {{now: () => number, die: () => void}} how
   */
  constructor(phone, { profileDir, on }, { now, die }) {
    this.#phone = phone;
    this.#profileDir = profileDir;
    this.#on = on;
    this.#now = now;
    this.#die = die;
    this.#broken.catch(() => {});
  }

  /** What the page tells; nothing once it is gone. @template {keyof ClientEvents} E @param {E} event @param {Parameters<ClientEvents[E]>} args */
  says(event, ...args) {
    if (!this.#isUp) return;
    const tell = /** @type {(...args: unknown[]) => void} */ (this.#on[event]);
    setImmediate(() => tell(...args));
  }

  /** What a browser that was given up still says. @template {keyof ClientEvents} E @param {E} event @param {Parameters<ClientEvents[E]>} args */
  sayAnyway(event, ...args) {
    /** @type {(...args: unknown[]) => void} */ (this.#on[event])(...args);
  }

  async start() {
    if (this.closed > 0) throw new PageGone();
    mkdirSync(this.#profileDir, { recursive: true });
    this.#phone.client = this;
    this.#isUp = true;
    writeFileSync(join(this.#profileDir, 'fake'), '');
    if (this.#phone.kept.linked) this.#goReady();
    else this.showQr();
  }

  showQr() {
    this.#refs += 1;
    this.says('qr', `2@fake-ref-${this.#refs},bm9pc2U=,aWRlbnRpdHk=,c2VjcmV0,1`);
  }

  #goReady() {
    this.#isReady = true;
    if (this.missesReady) return;
    this.says('synced');
    this.says('ready');
  }

  /** The phone has scanned the QR or got the code. */
  link() {
    this.#phone.change({ linked: true });
    this.#goReady();
  }

  /** @param {string} reason */
  unlink(reason) {
    this.#phone.change({ linked: false });
    this.says('disconnected', reason);
  }

  /** @param {'browser_gone' | 'page_crashed'} how */
  crash(how) {
    this.says('gone', how);
    if (how === 'browser_gone') this.#goDown();
    else this.#isFrozen = true;
  }

  freeze() {
    this.#isFrozen = true;
  }

  /** The page was loaded anew and the library did not get into it. */
  reload() {
    this.#injected = false;
  }

  #goDown() {
    this.#isUp = false;
    this.held = [];
    this.#breakAll(new PageGone());
  }

  async close() {
    this.closed += 1;
    this.#goDown();
    if (this.#phone.client === this) this.#phone.client = null;
  }

  pid() {
    return null;
  }

  /** @template T @param {() => T} answer @returns {Promise<T>} */
  async #ask(answer) {
    if (!this.#isUp) throw new PageGone();
    if (this.#isFrozen) return Promise.race([NEVER, this.#broken]);
    return answer();
  }

  probe() {
    return this.#ask(() => ({
      state: this.#phone.socket ?? (this.#phone.kept.linked ? 'CONNECTED' : 'UNPAIRED'), synced: this.#isReady, injected: this.#injected,
    }));
  }

  tellReady() {
    return this.#ask(() => {
      this.toldReady += 1;
      this.#injected = true;
      this.says('ready');
    });
  }

  refreshQr() {
    return this.#ask(() => {
      this.refreshed += 1;
      this.#phone.socket = null;
      this.showQr();
    });
  }

  /** @param {string} digits */
  pairingCode(digits) {
    return this.#ask(() => {
      if (this.#phone.kept.unregistered.includes(`+${digits}`)) throw new WhatsAppRefused();
      this.#phone.code = `FAKE${digits.slice(-4)}`;
      return this.#phone.code;
    });
  }

  account() {
    return this.#ask(() => ({ number: this.#phone.kept.number, name: this.#phone.kept.name }));
  }

  /** @param {string} digits */
  async numberId(digits) {
    const [trouble] = this.#phone.kept.troubles;
    if (trouble?.startsWith('check_') || trouble === 'die_at_check') {
      this.#phone.nextTrouble();
      if (trouble === 'die_at_check') this.#die();
      if (trouble === 'check_throws') throw new Error('ServerStatusCodeError');
      return Promise.race([NEVER, this.#broken]);
    }
    return this.#ask(() => (this.#phone.kept.unregistered.includes(`+${digits}`) ? null : this.#phone.idOf(digits)));
  }

  /** @param {string} id */
  findChat(id) {
    return this.#ask(() => id);
  }

  /** @param {Outgoing} message @returns {Promise<OwnMessage | undefined>} */
  async send(message) {
    return this.#ask(() =>
      sendUnder(this.#phone.nextTrouble(), {
        deliver: (isTold, ack) => this.#deliver(message, isTold, ack),
        hold: () => this.held.push(() => this.#deliver(message, true)),
        freeze: () => this.freeze(),
        crash: () => this.crash('browser_gone'),
        die: this.#die,
        never: () => Promise.race([NEVER, this.#broken]),
      }),
    );
  }

  /** @param {Outgoing} message @param {boolean} isTold whether the page tells of it @param {number} [ack] @returns {OwnMessage} */
  #deliver({ chat, text, kind, file }, isTold, ack) {
    const sha256 = file ? createHash('sha256').update(readFileSync(file.path)).digest('hex') : null;
    const id = `true_${chat}_${this.#phone.newId()}`;
    const got = this.#phone.take({
      id, to: this.#phone.numberOf(chat), chat, text, kind, filename: file?.filename ?? null, mime: file?.mime ?? null, sha256, at: this.#now(),
    });
    if (isTold) this.says('own', own(got));
    const level = ack ?? this.#phone.kept.autoAck;
    if (level !== null && isTold) this.#phone.ack(id, level);
    else if (level !== null) got.ack = level;
    this.#phone.save();
    return { ...own(got), ack: 0 };
  }

  /** @param {string} id */
  ackOf(id) {
    return this.#ask(() => this.#phone.kept.got.find((got) => got.id === id)?.ack ?? null);
  }

  /** @param {string} chat @param {number} since */
  ownMessages(chat, since) {
    return this.#ask(() => this.#phone.kept.got.filter((got) => got.chat === chat && got.at >= since).map(own));
  }

  /** @param {number} since @param {number} _budget there is always time enough @param {string[]} only */
  receivedSince(since, _budget, only) {
    return this.#ask(() => {
      const { received, unreadable } = this.#phone.kept;
      const isAsked = (/** @type {string} */ chat) => only.length === 0 || only.includes(chat);
      return {
        received: received.filter(({ at, from }) => at >= since && isAsked(from) && !unreadable.includes(from)),
        unread: unreadable.filter(isAsked).map((chat) => ({ chat, number: numberOf(chat) })),
      };
    });
  }

  /** @param {string} lid */
  numberOfLid(lid) {
    return this.#ask(() => {
      if (this.#phone.kept.mute.includes(lid)) throw new Error('ServerStatusCodeError');
      return this.#phone.kept.hiddenNumbers.includes(lid) ? null : this.#phone.numberOf(lid);
    });
  }

  /** @param {string} id @param {number} most */
  content(id, most) {
    return this.#ask(() => {
      const message = this.#phone.kept.received.find((one) => one.id === id);
      if (!message) return 'no_message';
      const size = message.attachment?.size ?? null;
      if (size !== null && size > most) return 'too_large';
      const content = this.#phone.contentOf(id);
      if (content === null) return 'gone';
      return size === null || content.length > most ? 'too_large' : content;
    });
  }

  groups() {
    return this.#ask(() => this.#phone.kept.groups.map(({ id, name }) => ({ id, name })));
  }

  /** @param {string} id */
  group(id) {
    return this.#ask(() => {
      const group = this.#phone.kept.groups.find((one) => one.id === id);
      if (!group || group.broken) throw new Error('the server refused');
      return { name: group.name, members: group.members };
    });
  }

  logout() {
    return this.#ask(() => {
      this.unlink('LOGOUT');
    });
  }
}

/** @param {Got} got @returns {OwnMessage} */
function own({ id, chat, kind, text, filename, ack, at }) {
  return { id, chat, kind, text, filename: kind === 'document' ? filename : null, ack, at };
}
