import { keyForm } from './ids.js';
import { Line } from './line.js';
import { standStill } from './still.js';
import { Outbox } from './outbox.js';
import { contactOf, fileMessage, groupOf, historyOf, learnNumber, messageOf, store, switches } from './store.js';

/** @import { AnyModel } from './models.js' */
/** @import { Browser, FromServer, PageSwitches, Welcome, WireMessage } from '../protocol.js' */

const DEVICE_AT = 'standin.device';

/** @param {number} count @returns {string} that many random bytes in base64 */
const randomBase64 = (count) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(count))));

/** What a page brings along for being linked; another one with every load, as it is never compared to an earlier one. */
export const linkKeys = { noise: randomBase64(32), identity: randomBase64(32), adv: randomBase64(32), platform: '1' };

/** @param {string} state */
function become(state) {
  store.socket.set({ state });
  const shown = document.getElementById('state');
  if (shown) shown.textContent = state;
}

/**
 * The page's life with the server: who it is, what it is told.
 */
export class Session {
  /** @param {() => Browser} browser how this browser calls itself, asked at the moment of linking */
  constructor(browser) {
    this.browser = browser;
    this.line = new Line({
      opened: () => this.#introduce(),
      dropped: () => {
        if (store.socket.state === 'CONNECTED') become('OPENING');
      },
      heard: (news) => this.#hear(news),
    });
    this.outbox = new Outbox(this.line);
  }

  #introduce() {
    this.line.tell({ type: 'hello', device: localStorage.getItem(DEVICE_AT), keys: linkKeys, browser: this.browser() });
  }

  /** @param {FromServer} news */
  #hear(news) {
    switch (news.type) {
      case 'unlinked':
        return this.#unlinked(news.ref, news.switches);
      case 'ref':
        store.conn.set({ ref: news.ref });
        return become('UNPAIRED');
      case 'idle':
        return become('UNPAIRED_IDLE');
      case 'linked':
        localStorage.setItem(DEVICE_AT, news.device);
        // Only now: the library gives the browser another name some time after the page has introduced itself.
        this.line.tell({ type: 'called', browser: this.browser() });
        become('PAIRING');
        return this.#enter(news.welcome);
      case 'welcome':
        return this.#enter(news.welcome);
      case 'ack':
        return this.outbox.answered(news.key, news.ack);
      case 'incoming':
        return this.#receive(news.message, news.pn);
      case 'groups':
        return news.groups.forEach(groupOf);
      case 'state':
        become(news.state);
        return news.state === 'CONNECTED' ? void this.#sync() : undefined;
      case 'logged_out':
        return this.#loggedOut(news.how);
      case 'freeze':
        return standStill(news.token);
      case 'switches':
        this.#switch(news.switches);
        this.line.tell({ type: 'noted', note: news.note });
        return undefined;
      case 'answer':
        return undefined;
    }
  }

  /** @param {PageSwitches} given */
  #switch(given) {
    store.switches = given;
    keyForm.renamed = given.renamed_key !== false;
  }

  /**
   * @param {string} ref
   * @param {PageSwitches} given
   */
  #unlinked(ref, given) {
    // The phone unlinked this browser while the line was down.
    if (store.me) return this.#loggedOut('navigate');
    this.#switch(given);
    localStorage.removeItem(DEVICE_AT);
    store.conn.set({ ref });
    return become('UNPAIRED');
  }

  /** @param {Welcome} welcome */
  #enter({ me, state, chats, groups, switches: given }) {
    this.#switch(given);
    store.me = me;
    learnNumber(me.lid, me.pn);
    store.conn.set({ pushname: me.name });
    groups.forEach(groupOf);
    chats.forEach(historyOf);
    for (const chat of chats) for (const { key, ack } of chat.messages) if (ack !== 0) this.outbox.answered(key, ack);
    if (given.miss_synced) store.socket.set({ hasSynced: true });
    become(state);
    this.outbox.resume();
    if (state === 'CONNECTED') void this.#sync();
  }

  /**
   * Sync is announced only when somebody listens: on the real page it takes seconds, here it would sometimes be over before the
   * library has attached itself. The switch `miss_synced` is for exactly that.
   */
  async #sync() {
    await store.socket.heard('change:hasSynced');
    setTimeout(() => store.socket.set({ hasSynced: true }), switches().sync_delay_ms);
  }

  /**
   * @param {WireMessage} wire
   * @param {string | null} pn
   */
  async #receive(wire, pn) {
    // An event nobody listens to yet would be lost for the library; the server keeps the message until this page has taken it.
    await store.messages.heard('add');
    if (!store.messages.get(wire.key)) {
      learnNumber(wire.author ?? wire.chat, pn);
      contactOf(wire.author ?? wire.chat, { name: wire.notifyName });
      const chat = fileMessage(messageOf(wire, true));
      chat.set({ unreadCount: chat.unreadCount + 1 });
    }
    this.line.tell({ type: 'got', key: wire.key });
  }

  /**
   * Older messages of a chat, asked for one load at a time.
   *
   * @param {AnyModel} chat
   * @param {WireMessage[]} wires
   * @returns {AnyModel[]}
   */
  addEarlier(chat, wires) {
    const earlier = this.outsideChats(wires);
    chat.msgs.addEarlier(earlier);
    return earlier;
  }

  /** @param {WireMessage[]} wires @returns {AnyModel[]} */
  outsideChats(wires) {
    return wires.map((wire) => store.messages.get(wire.key) ?? store.messages.add(messageOf(wire, false)));
  }

  /** @param {'navigate' | 'state'} how */
  #loggedOut(how) {
    store.me = null;
    if (how === 'state') return become('UNPAIRED');
    localStorage.removeItem(DEVICE_AT);
    location.href = `${location.origin}/?post_logout=1&logout_reason=0`;
    return undefined;
  }

  /** Socket.logout: this browser unlinks itself. */
  async logout() {
    await this.line.ask({ what: 'logout' });
    store.me = null;
    localStorage.removeItem(DEVICE_AT);
  }

  /** Cmd.refreshQR. */
  refreshQr() {
    return this.line.ask({ what: 'refresh_qr' });
  }
}
