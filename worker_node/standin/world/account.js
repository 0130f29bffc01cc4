import { keyOf, lidOf, phoneMessageId, pnOf } from './ids.js';

/** @import { Browser, Me, WireChat, WireGroup, WireMessage } from '../protocol.js' */
/** @import { PageLine } from '../page_line.js' */

/**
 * A browser that was linked to the account: it outlives its pages.
 *
 * @typedef {object} Device
 * @property {string} id
 * @property {Browser} browser
 * @property {PageLine | null} page
 * @property {WireMessage[]} waiting messages to the account that no page of this device has taken yet
 *
 * What the server took from the account, told in the words of the control API.
 * @typedef {object} Sent
 * @property {string} id
 * @property {string} from
 * @property {string} to a number, or a group's id
 * @property {string} kind
 * @property {string} text
 * @property {string | null} mime
 * @property {string | null} filename
 * @property {number | null} size
 * @property {string | null} sha256
 * @property {string} at
 * @property {number} ack what really became of it, whether the page was told or not
 * @property {boolean} registered whether there is anybody to deliver it to
 * @property {number} repeats how often the page sent this very message once more
 *
 * @typedef {object} Chat
 * @property {string} id
 * @property {number} unread
 * @property {WireMessage[]} messages
 *
 * @typedef {object} Group
 * @property {string} id
 * @property {string} subject
 * @property {{number: string | null, lid: string | null, name?: string}[]} participants
 */

const KINDS = new Map([
  ['chat', 'text'],
  ['ptt', 'voice'],
]);

/** A phone with WhatsApp: its linked browsers, its chats, and what it sent. */
export class Account {
  /** @type {Map<string, Device>} */
  devices = new Map();
  /** @type {Sent[]} */
  sent = [];
  /** @type {Map<string, number>} how many messages went to whom */
  sentTo = new Map();
  /** @type {Sent[]} */
  refused = [];
  /** @type {Map<string, {wire: WireMessage, sent: Sent | null}>} */
  byKey = new Map();
  /** @type {Map<string, Chat>} */
  chats = new Map();
  /** @type {Map<string, Group>} */
  groups = new Map();
  /** @type {{at: string, what: string, chat: string | null}[]} */
  activity = [];

  /**
   * @param {string} number
   * @param {string} name
   * @param {boolean} usesLids
   * @param {(id: string) => string} addressee the number (or group) behind a chat's id
   */
  constructor(number, name, usesLids, addressee) {
    this.number = number;
    this.name = name;
    this.usesLids = usesLids;
    this.addressee = addressee;
  }

  /** @returns {Me} */
  get me() {
    return { number: this.number, pn: pnOf(this.number), lid: this.usesLids ? lidOf(this.number) : null, name: this.name };
  }

  /** @returns {PageLine[]} */
  get pages() {
    return [...this.devices.values()].flatMap((device) => device.page ?? []);
  }

  /** @param {string} number @returns {string} the id under which this account knows a person */
  idOf(number) {
    return this.usesLids ? lidOf(number) : pnOf(number);
  }

  /** @param {string} id @returns {Chat} */
  chat(id) {
    const known = this.chats.get(id) ?? { id, unread: 0, messages: [] };
    this.chats.set(id, known);
    return known;
  }

  /**
   * @param {WireMessage} wire
   * @param {{mime: string, size: number} | null} bytes
   * @param {boolean} registered
   * @returns {Sent}
   */
  describe(wire, bytes, registered) {
    return {
      id: wire.key,
      from: this.number,
      to: this.addressee(wire.chat),
      kind: KINDS.get(wire.type) ?? wire.type,
      text: bytes ? (wire.caption ?? '') : wire.body,
      mime: bytes ? (wire.mimetype ?? bytes.mime) : null,
      filename: wire.filename ?? null,
      size: bytes ? bytes.size : null,
      sha256: bytes ? (wire.media ?? null) : null,
      at: new Date().toISOString(),
      ack: 0,
      registered,
      repeats: 0,
    };
  }

  /**
   * @param {WireMessage} wire
   * @param {Sent | null} sent
   */
  remember(wire, sent) {
    this.byKey.set(wire.key, { wire, sent });
    this.chat(wire.chat).messages.push(wire);
  }

  /**
   * A person writes to the account. Every linked browser is to get it once.
   *
   * @param {{from: string, name: string | null, text: string, group: string | null}} written
   * @param {{type: string, mime: string, filename: string | null, sha256: string, size: number} | null} media
   * @returns {WireMessage}
   */
  receive({ from, name, text, group }, media) {
    const person = this.idOf(from);
    const chat = group ?? person;
    const id = phoneMessageId();
    /** @type {WireMessage} */
    const wire = {
      key: keyOf(false, chat, id, group ? person : null),
      id,
      chat,
      fromMe: false,
      author: group ? person : null,
      type: media ? media.type : 'chat',
      body: media ? '' : text,
      t: Math.floor(Date.now() / 1000),
      ack: 1,
      ...(name ? { notifyName: name } : {}),
      ...(media ? { caption: text, mimetype: media.mime, media: media.sha256, size: media.size } : {}),
      ...(media?.filename ? { filename: media.filename } : {}),
    };
    this.remember(wire, null);
    this.chat(chat).unread += 1;
    for (const device of this.devices.values()) device.waiting.push(wire);
    return wire;
  }

  /**
   * @param {string} id of a chat, or of a message's author
   * @returns {string | null} the phone id behind a LID
   */
  pnBehind(id) {
    if (!id.endsWith('@lid')) return null;
    const number = this.addressee(id);
    return number.startsWith('+') ? pnOf(number) : null;
  }

  /**
   * @param {Set<string>} without keys of messages which are still to arrive as new ones
   * @param {number} newest how many messages of each chat to give
   * @returns {WireChat[]}
   */
  history(without, newest) {
    return [...this.chats.values()].map((chat) => {
      const told = chat.messages.filter((wire) => !without.has(wire.key));
      const arriving = chat.messages.length - told.length;
      return {
        id: chat.id,
        pn: this.pnBehind(chat.id),
        unread: Math.max(0, chat.unread - arriving),
        messages: newest === 0 ? [] : told.slice(-newest),
      };
    });
  }

  /** @returns {WireGroup[]} */
  groupNews() {
    return [...this.groups.keys()].map((id) => this.groupInfo(id));
  }

  /** @param {string} id @returns {WireGroup} */
  groupInfo(id) {
    const group = this.groups.get(id);
    if (!group) throw new Error(`item-not-found: ${id}`);
    // Like in WhatsApp, the account is a member of its own groups.
    const members = [{ number: this.number, lid: null, name: this.name }, ...group.participants];
    return {
      id,
      subject: group.subject,
      lids: this.usesLids,
      participants: members.map(({ number, lid, name }) => ({
        id: number && !this.usesLids ? pnOf(number) : (lid ?? lidOf(number ?? '')),
        pn: number ? pnOf(number) : null,
        ...(name ? { name } : {}),
      })),
    };
  }
}

