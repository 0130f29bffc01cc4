import { answerTo } from './questions.js';
import { pageSwitches } from './world/behaviour.js';

/** @import { WebSocket } from 'ws' */
/** @import { Account, Device } from './world/account.js' */
/** @import { Browser, FromPage, FromServer, LinkKeys, Question, Welcome, WireMessage } from './protocol.js' */
/** @import { World } from './world/world.js' */

/** How long a page may take to take in how things are. */
const LONGEST_NOTE_MS = 1000;

/** The server's end of one page's socket. */
export class PageLine {
  /** @type {Account | null} */
  account = null;
  /** @type {Device | null} */
  device = null;
  /** @type {LinkKeys} */
  keys = { noise: '', identity: '', adv: '', platform: '' };
  /** @type {Browser} */
  browser = { os: '', name: '' };
  /** @type {{ref: string | null, code: string | null}} what a phone could link by, on the page's screen */
  shown = { ref: null, code: null };
  /** Whether its main thread is being held. */
  frozen = false;
  /** @type {() => void} */
  #stopRotating = () => {};
  /** @type {Map<number, () => void>} */
  #awaited = new Map();
  #notes = 0;
  #state = 'CONNECTED';

  /**
   * @param {World} world
   * @param {WebSocket} socket
   */
  constructor(world, socket) {
    this.world = world;
    this.socket = socket;
    world.pages.add(this);
    socket.on('message', (data) => this.#hear(JSON.parse(String(data))));
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
  }

  get number() {
    return this.account?.number ?? null;
  }

  /** @param {FromServer} news */
  tell(news) {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(news));
  }

  hangUp() {
    this.socket.terminate();
  }

  #gone() {
    this.world.pages.delete(this);
    this.#stopRotating();
    this.world.linking.drop(this);
    if (this.device?.page === this) this.device.page = null;
    for (const done of this.#awaited.values()) done();
  }

  /** @param {FromPage} said */
  #hear(said) {
    switch (said.type) {
      case 'hello':
        return this.#greet(said.device, said.keys, said.browser);
      case 'called':
        if (this.device) this.device.browser = said.browser;
        return undefined;
      case 'send':
        return this.account && this.world.take(this.account, said.message);
      case 'got':
        if (this.device) this.device.waiting = this.device.waiting.filter((wire) => wire.key !== said.key);
        return undefined;
      case 'activity':
        this.account?.activity.push({ at: new Date().toISOString(), what: said.what, chat: said.chat });
        if (said.what === 'seen' && said.chat && this.account?.chats.has(said.chat)) this.account.chat(said.chat).unread = 0;
        return undefined;
      case 'unknown':
        this.world.unknownModules.set(said.module, (this.world.unknownModules.get(said.module) ?? 0) + 1);
        return undefined;
      case 'noted':
        this.#awaited.get(said.note)?.();
        return undefined;
      case 'ask':
        return this.#answer(said.n, said.question);
    }
  }

  /**
   * @param {string | null} id
   * @param {LinkKeys} keys
   * @param {Browser} browser
   */
  #greet(id, keys, browser) {
    this.keys = keys;
    this.browser = browser;
    const known = this.world.deviceOf(id);
    if (this.world.behaviour(known?.account.number ?? null).offline) return this.hangUp();
    if (!known) return this.#showQr();
    const { account, device } = known;
    // One device, one line: an older page of the same profile is put aside, as WhatsApp does.
    if (device.page && device.page !== this) device.page.putAside();
    this.account = account;
    this.device = device;
    device.page = this;
    this.tell({ type: 'welcome', welcome: this.#welcome(account, device) });
    for (const wire of device.waiting) this.bring(wire);
    this.world.emit('connected', this);
    return undefined;
  }

  putAside() {
    this.tell({ type: 'state', state: 'CONFLICT' });
    this.account = null;
    this.device = null;
  }

  /**
   * @param {Account} account
   * @param {Device} device
   * @returns {Welcome}
   */
  #welcome(account, device) {
    const behaviour = this.world.behaviour(account.number);
    if (behaviour.replies_while_away === 'history') device.waiting = [];
    this.#state = stateOf(behaviour.restricted);
    return {
      me: account.me,
      state: this.#state,
      chats: account.history(new Set(device.waiting.map((wire) => wire.key)), behaviour.history_loaded),
      groups: account.groupNews(),
      switches: pageSwitches(behaviour),
    };
  }

  #showQr() {
    const ref = this.world.linking.newRef(this);
    this.tell({ type: 'unlinked', ref, switches: pageSwitches(this.world.behaviour(null)) });
    if (this.world.behaviour(null).unpaired_idle) this.rest();
    else this.#rotate(1);
  }

  /**
   * Shows the next ref in time, or lets the QR rest when WhatsApp would.
   *
   * @param {number} shown how many refs were shown in a row
   */
  #rotate(shown) {
    this.#stopRotating();
    this.#stopRotating = this.world.later(this.world.behaviour(null).qr_rotation_s * 1000, () => {
      const { qr_refs, unpaired_idle } = this.world.behaviour(null);
      if (unpaired_idle || (qr_refs > 0 && shown >= qr_refs)) return this.rest();
      this.tell({ type: 'ref', ref: this.world.linking.newRef(this) });
      return this.#rotate(shown + 1);
    });
  }

  /** The QR stops: UNPAIRED_IDLE until the page asks for a new one. */
  rest() {
    if (this.account) return;
    this.#stopRotating();
    this.world.linking.forget(this);
    this.tell({ type: 'idle' });
  }

  /**
   * @param {Account} account
   * @param {Device} device
   */
  becomeLinked(account, device) {
    this.#stopRotating();
    this.world.linking.drop(this);
    this.account = account;
    this.device = device;
    device.page = this;
    this.tell({ type: 'linked', device: device.id, welcome: this.#welcome(account, device) });
  }

  /** @param {'navigate' | 'state'} how the page finds out */
  becomeUnlinked(how) {
    this.account = null;
    this.device = null;
    this.tell({ type: 'logged_out', how });
  }

  /** @param {string} state of the socket, told if the page thinks otherwise */
  passState(state) {
    if (this.#state !== state) this.tell({ type: 'state', state });
    this.#state = state;
  }

  /** @param {WireMessage} wire a message to the account */
  bring(wire) {
    this.tell({ type: 'incoming', message: wire, pn: this.account?.pnBehind(wire.author ?? wire.chat) ?? null });
  }

  /**
   * Tells the page how things are in it now.
   *
   * @returns {Promise<void>} settled when the page has taken it in, is frozen, or has gone
   */
  async passSwitches() {
    if (this.socket.readyState !== this.socket.OPEN) return;
    const note = ++this.#notes;
    const noted = new Promise((/** @type {(value: void) => void} */ done) => this.#awaited.set(note, done));
    this.tell({ type: 'switches', note, switches: pageSwitches(this.world.behaviour(this.number)) });
    // A frozen page takes it in when it thaws, one whose browser was stopped perhaps never: nobody waits for that.
    const waited = new Promise((done) => this.world.later(this.frozen ? 0 : LONGEST_NOTE_MS, () => done(undefined)));
    await Promise.race([noted, waited]);
    this.#awaited.delete(note);
  }

  /**
   * @param {number} n
   * @param {Question} question
   */
  #answer(n, question) {
    const { query_ms: delay, earlier_hangs } = this.world.behaviour(this.number);
    if (question.what === 'earlier' && earlier_hangs.includes(this.world.addressee(question.chat))) return;
    if (delay > 0) this.world.later(delay, () => this.#answerNow(n, question));
    else this.#answerNow(n, question);
  }

  /**
   * @param {number} n
   * @param {Question} question
   */
  #answerNow(n, question) {
    try {
      this.tell({ type: 'answer', n, value: answerTo(this, question) });
    } catch (error) {
      this.tell({ type: 'answer', n, error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** A new QR, because the page asked for one. */
  refreshQr() {
    this.tell({ type: 'ref', ref: this.world.linking.newRef(this) });
    this.#rotate(1);
    return null;
  }
}

/** @param {boolean | string} restricted @returns {string} the state of an account's socket */
export function stateOf(restricted) {
  if (restricted === false) return 'CONNECTED';
  return restricted === true ? 'TOS_BLOCK' : String(restricted);
}
