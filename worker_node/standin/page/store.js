import { createWid, MinifiedError, MsgKey } from './ids.js';
import { Collection, MessageList, Model } from './models.js';

/** @import { Me, PageSwitches, WireChat, WireGroup, WireMessage } from '../protocol.js' */
/** @import { Wid } from './ids.js' */
/** @import { AnyModel } from './models.js' */

/** All messages; one that was just sent can be missing for the library once, see the switch `send_resolves_undefined`. */
class Messages extends Collection {
  /** @type {Set<string>} */
  #missingOnce = new Set();

  /** @param {string} key */
  missOnce(key) {
    this.#missingOnce.add(key);
  }

  /**
   * @override
   * @param {any} id
   */
  get(id) {
    if (id === undefined && switches().renamed_key === true) throw new MinifiedError();
    return this.#missingOnce.delete(String(id)) ? undefined : super.get(id);
  }
}

/** What the page knows. The models are the ones the library reads and listens to. */
export const store = {
  socket: /** @type {AnyModel} */ (new Model({ state: 'OPENING', hasSynced: false })),
  conn: /** @type {AnyModel} */ (new Model({ ref: null, platform: 'android', pushname: undefined })),
  messages: new Messages(),
  chats: new Collection(),
  contacts: new Collection(),
  groups: new Collection(),
  /** @type {Me | null} */
  me: null,
  /** @type {PageSwitches | null} */
  switches: null,
  /** @type {Map<string, Wid>} phone ids by LID */
  phones: new Map(),
  /** @type {Map<string, Wid>} LIDs by phone id */
  lids: new Map(),
};

/** @returns {Partial<PageSwitches>} */
export const switches = () => store.switches ?? {};

/**
 * WhatsApp told which number stands behind a LID.
 *
 * @param {string | null | undefined} lid
 * @param {string | null | undefined} pn
 */
export function learnNumber(lid, pn) {
  if (!lid?.endsWith('@lid') || !pn) return;
  store.phones.set(lid, createWid(pn));
  store.lids.set(pn, createWid(lid));
  store.contacts.get(lid)?.set({ phoneNumber: createWid(pn) });
}

/**
 * @param {any} id
 * @param {{name?: string | undefined}} [news]
 * @returns {AnyModel}
 */
export function contactOf(id, { name } = {}) {
  const wid = createWid(id);
  const known = store.contacts.get(wid);
  if (known) {
    if (name) known.set({ pushname: name });
    return known;
  }
  const phoneNumber = store.phones.get(String(wid));
  return store.contacts.add(new Model({ id: wid, pushname: name, type: 'in', isBusiness: false, isEnterprise: false, phoneNumber }));
}

/**
 * @param {any} id
 * @param {string} [title]
 * @returns {AnyModel}
 */
export function chatOf(id, title) {
  const wid = createWid(id);
  return (
    store.chats.get(wid) ??
    store.chats.add(
      new Model({
        id: wid,
        formattedTitle: title ?? `+${(store.phones.get(String(wid)) ?? wid).user}`,
        unreadCount: 0,
        archive: false,
        isReadOnly: false,
        isLocked: false,
        muteExpiration: 0,
        mute: { expiration: 0 },
        msgs: new MessageList(),
      }),
    )
  );
}

/** @param {WireGroup} told */
export function groupOf(told) {
  for (const { id, pn } of told.participants) learnNumber(id, pn);
  const metadata = {
    id: createWid(told.id),
    subject: told.subject,
    isLidAddressingMode: told.lids,
    announce: false,
    participants: told.participants.map(({ id, admin }) => ({ id: createWid(id), isAdmin: admin === true, isSuperAdmin: false })),
  };
  const known = store.groups.get(told.id);
  if (known) known.set(metadata);
  const group = known ?? store.groups.add(new Model(metadata));
  const chat = chatOf(told.id, told.subject);
  chat.set({ groupMetadata: group, formattedTitle: told.subject, name: told.subject });
  for (const { id, name } of told.participants) if (name) contactOf(id, { name });
}

class Message extends Model {
  unsafe() {
    return this;
  }

  /** @returns {Record<string, any>} what an answer says about the message it answers */
  msgContextInfo() {
    const { id, author, from } = /** @type {AnyModel} */ (/** @type {Model} */ (this));
    return { quotedMsg: this.serialize(), quotedStanzaID: id.id, quotedParticipant: author ?? from };
  }

  async downloadMedia() {}
}

/** @param {Record<string, any>} attributes @returns {AnyModel} */
export const newMessage = (attributes) => new Message(attributes);

/** @param {string} hex */
const base64OfHex = (hex) => btoa(hex.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16))));

/**
 * @param {string} media
 * @param {string} type
 */
const mediaFacts = (media, type) => ({
  directPath: `/mms/${media}`,
  filehash: base64OfHex(media),
  mediaKey: media,
  mediaObject: {},
  mediaData: { mediaStage: 'RESOLVED', type },
});

/**
 * @param {WireMessage} wire
 * @param {boolean} isNew whether it has only just been written: those, and no others, are events for the library
 * @returns {AnyModel}
 */
export function messageOf(wire, isNew) {
  const me = createWid(store.me?.lid && wire.chat.endsWith('@lid') ? store.me.lid : store.me?.pn);
  const chat = createWid(wire.chat);
  const author = wire.author ? createWid(wire.author) : undefined;
  const { key: _key, id, chat: _chat, fromMe, author: _author, media, quoted, ...rest } = wire;
  const participant = chat.isGroup() ? (fromMe ? me : author) : undefined;
  return newMessage({
    ...rest,
    id: new MsgKey({ remote: chat, id, participant, fromMe }),
    from: fromMe ? me : chat,
    to: fromMe ? chat : me,
    author,
    self: fromMe ? 'out' : 'in',
    isNewMsg: isNew,
    quotedStanzaID: quoted,
    ...(media ? mediaFacts(media, wire.type) : {}),
  });
}

/**
 * Puts a message where it belongs: among all messages, and at the end of its chat.
 *
 * @param {AnyModel} message
 */
export function fileMessage(message) {
  const chat = chatOf(message.id.remote);
  chat.msgs.add(message);
  store.messages.add(message);
  chat.set({ t: message.t, ...(message.id.fromMe ? {} : { lastReceivedKey: message.id }) });
  return chat;
}

/** @param {WireChat} told */
export function historyOf(told) {
  learnNumber(told.id, told.pn);
  const chat = chatOf(told.id);
  for (const wire of told.messages) {
    const known = store.messages.get(wire.key);
    if (!known) fileMessage(messageOf(wire, false));
    else if (wire.ack > known.ack) known.set({ ack: wire.ack });
  }
  chat.set({ unreadCount: told.unread });
}
