import { standStill } from './still.js';
import { fileMessage, messageOf, newMessage, store, switches } from './store.js';

/** @import { WireMessage } from '../protocol.js' */
/** @import { Line } from './line.js' */
/** @import { AnyModel } from './models.js' */

const KEPT_AT = 'standin.outbox';

/** @param {AnyModel} message @returns {WireMessage} */
function wireOf({ id, type, body, caption, mimetype, filename, directPath, isGif, quotedStanzaID, t }) {
  return {
    key: String(id),
    id: id.id,
    chat: String(id.remote),
    fromMe: true,
    author: id.participant ? String(id.participant) : null,
    type,
    body: typeof body === 'string' ? body : '',
    t,
    ack: 0,
    ...(caption ? { caption } : {}),
    ...(directPath ? { mimetype, media: directPath.slice('/mms/'.length) } : {}),
    ...(filename ? { filename } : {}),
    ...(isGif ? { isGif } : {}),
    ...(quotedStanzaID ? { quoted: quotedStanzaID } : {}),
  };
}

/** Messages on their way: each goes out again after every break of the line until the server has answered for it. */
export class Outbox {
  /** @type {Map<string, {wire: WireMessage, done: (result: object) => void}>} */
  #pending = new Map();

  /** @param {Line} line */
  constructor(line) {
    this.line = line;
    if (localStorage.getItem(KEPT_AT)) this.#takeUp();
  }

  /** What a page that was closed had not sent yet, if the switch `outbox_survives` was on. */
  #takeUp() {
    /** @type {WireMessage[]} */
    const left = JSON.parse(localStorage.getItem(KEPT_AT) ?? '[]');
    for (const wire of left) this.#pending.set(wire.key, { wire, done: () => {} });
  }

  #keep() {
    if (switches().outbox_survives) localStorage.setItem(KEPT_AT, JSON.stringify([...this.#pending.values()].map(({ wire }) => wire)));
    else localStorage.removeItem(KEPT_AT);
  }

  /**
   * WAWebSendMsgChatAction.addAndSendMsgToChat.
   *
   * @param {Record<string, any>} attributes
   * @returns {[Promise<unknown>, Promise<unknown>]} the first is settled when the message stands in the chat, the second when the
   * server has answered
   */
  addAndSend(attributes) {
    const mediaData = attributes.directPath && { mediaStage: 'RESOLVED', type: attributes.type };
    const message = newMessage({ ...attributes, ...(mediaData ? { mediaData } : {}) });
    const wire = wireOf(message);
    const sent = new Promise((done) => this.#pending.set(wire.key, { wire, done }));
    this.#keep();
    fileMessage(message);
    if (switches().freeze_at_send) standStill(`send/${encodeURIComponent(store.me?.number ?? '')}`);
    this.line.tell({ type: 'send', message: wire });
    if (switches().send_resolves_undefined) store.messages.missOnce(wire.key);
    return [switches().send_never_resolves ? new Promise(() => {}) : Promise.resolve(message), sent];
  }

  /** The line is open again. */
  resume() {
    for (const { wire } of this.#pending.values()) {
      if (!store.messages.get(wire.key)) fileMessage(messageOf(wire, false));
      this.line.tell({ type: 'send', message: wire });
    }
  }

  /**
   * The server answered for a message.
   *
   * @param {string} key
   * @param {number} ack
   */
  answered(key, ack) {
    const pending = this.#pending.get(key);
    if (pending) {
      this.#pending.delete(key);
      this.#keep();
      pending.done({ messageSendResult: ack < 0 ? 'ERROR_UNKNOWN' : 'OK', t: pending.wire.t });
    }
    const message = store.messages.get(key);
    if (message && (ack < 0 ? message.ack === 0 : ack > message.ack)) message.set({ ack });
  }
}
