import { Emitter } from './emitter.js';
import { MinifiedError, MsgKey, widFactory } from './ids.js';
import { mediaModules } from './media.js';
import { linkKeys, Session } from './session.js';
import { chatOf, contactOf, groupOf, learnNumber, store } from './store.js';
import { Collection } from './models.js';

/** @import { Wid } from './ids.js' */
/** @import { AnyModel } from './models.js' */

const about = { info: () => ({ os: 'Linux', name: 'Chrome' }) };
const session = new Session(() => about.info());
const { line } = session;

/** @param {string} base64 */
const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** @param {string} what @param {Wid | null} chat */
async function did(what, chat) {
  line.tell({ type: 'activity', what, chat: chat && String(chat) });
}

/** @param {Wid} wid @returns {Promise<{wid: Wid} | null>} */
async function queryWidExists(wid) {
  const found = await line.ask({ what: 'exists', id: String(wid) });
  if (!found) return null;
  learnNumber(found.lid, found.pn);
  return { wid: widFactory.createWid(found.wid) };
}

/**
 * On an account with LIDs a chat with a number needs the number's LID, which only a query, or an earlier chat, brings.
 *
 * @param {Wid} wid
 */
async function findOrCreateLatestChat(wid) {
  if (wid.isGroup() && !store.chats.get(wid)) throw new Error(`chat not found: ${wid}`);
  if (!store.me?.lid || wid.server !== 'c.us') return { chat: chatOf(wid) };
  const lid = store.lids.get(String(wid));
  if (!lid) throw new Error('No LID for user');
  return { chat: chatOf(lid) };
}

/** @param {{chat: AnyModel}} wanted @returns {Promise<AnyModel[]>} */
async function loadEarlierMsgs({ chat }) {
  const first = chat.msgs.getModelsArray()[0];
  const wires = await line.ask({ what: 'earlier', chat: String(chat.id), before: first ? String(first.id) : null });
  return session.addEarlier(chat, wires);
}

const messages = Object.assign(store.messages, {
  /** @param {unknown[]} keys */
  async getMessagesById(keys) {
    // The browser's database does not take `undefined` for a key: what the fault `renamed_key` ends in.
    if (keys.some((key) => typeof key !== 'string')) throw new MinifiedError();
    const wires = await line.ask({ what: 'messages', keys: /** @type {string[]} */ (keys) });
    return { messages: session.outsideChats(wires) };
  },
});

const chats = Object.assign(store.chats, {
  /** @param {Wid} wid */
  find: async (wid) => (await findOrCreateLatestChat(widFactory.createWid(wid))).chat,
});

const contacts = Object.assign(store.contacts, {
  /** @param {any} id */
  find: async (id) => contactOf(id),
});

const groups = Object.assign(store.groups, {
  /** @param {Wid} wid */
  async update(wid) {
    groupOf(await line.ask({ what: 'group', id: String(wid) }));
  },
});

const socket = Object.assign(store.socket, { logout: () => session.logout(), reconnect: () => {}, takeover: () => {} });
const conn = Object.assign(store.conn, {});
const cmd = Object.assign(new Emitter(), { refreshQR: () => session.refreshQr() });
const nothing = Object.assign(new Collection(), { find: async () => ({}) });

const linking = {
  setPairingType: () => {},
  initializeAltDeviceLinking: async () => {},
  initializeQRLinking: async () => {},
  /** @param {string} number */
  startAltLinkingFlow: (number) => line.ask({ what: 'code', number }),
};

/** @param {unknown} text @returns {{href: string}[]} */
function findLinks(text) {
  return [...String(text ?? '').matchAll(/https?:\/\/[^\s]+/g)].map(([href]) => ({ href }));
}

/** @param {string} pn @returns {Wid | null} */
const widOrNull = (pn) => (pn ? widFactory.createWid(pn) : null);

/** @type {Record<string, any>} */
const contactGetters = {
  getIsMe: (/** @type {AnyModel} */ { id }) => [store.me?.pn, store.me?.lid].includes(String(id)),
  getIsUser: (/** @type {AnyModel} */ { id }) => id.isUser(),
  getIsGroup: (/** @type {AnyModel} */ { id }) => id.isGroup(),
  getIsWAContact: () => true,
  getUserid: (/** @type {AnyModel} */ { id }) => id.user,
  getPushname: (/** @type {AnyModel} */ { pushname }) => pushname,
  getName: () => undefined,
  getShortName: () => undefined,
  getVerifiedName: () => undefined,
  getVerifiedLevel: () => undefined,
  getStatusMute: () => false,
  getIsEnterprise: () => false,
};

const toPn = (/** @type {Wid} */ wid) => (wid.isLid() ? (store.phones.get(String(wid)) ?? null) : wid);
const toLid = (/** @type {Wid} */ wid) => (wid.isLid() ? wid : (store.lids.get(String(wid)) ?? null));

/** Every module the page has. What is not here, the page does not do. @type {Record<string, any>} */
const modules = {
  ...mediaModules,
  WAWebSocketModel: { Socket: socket },
  WAWebConnModel: { Conn: conn },
  WAWebCmd: { Cmd: cmd },
  WAWebStreamModel: { Stream: { markAvailable: () => {}, markUnavailable: () => {} } },
  WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } },
  WAWebAltDeviceLinkingApi: linking,
  WAWebLaunchSocketUtils: { refreshQR: () => session.refreshQr() },
  WABase64: { encodeB64: (/** @type {Uint8Array} */ bytes) => btoa(String.fromCharCode(...bytes)) },
  WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: linkKeys.platform },
  WAWebAdvSignatureApi: {},
  WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: { pubKey: bytesOf(linkKeys.noise) } }) } },
  WAWebSignalStoreApi: {
    waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: bytesOf(linkKeys.identity) } }) },
  },
  WAWebUserPrefsMultiDevice: { getADVSecretKey: () => linkKeys.adv },
  WAWebUserPrefsMeUser: {
    getMaybeMePnUser: () => widOrNull(store.me?.pn ?? ''),
    getMaybeMeLidUser: () => widOrNull(store.me?.lid ?? ''),
  },
  WAWebMiscBrowserUtils: about,
  WAWebCollections: {
    Msg: messages,
    Chat: chats,
    Contact: contacts,
    GroupMetadata: groups,
    WAWebGroupMetadataCollection: groups,
    WAWebNewsletterCollection: nothing,
    Blocklist: nothing,
    BusinessProfile: nothing,
    Label: nothing,
    ProfilePicThumb: nothing,
  },
  WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
  WAWebCallCollection: Object.assign(new Emitter(), { calls: new Map() }),
  WAWebAddonReactionTableMode: { reactionTableMode: { bulkUpsert: () => {} } },
  WAWebAddonPollVoteTableMode: { pollVoteTableMode: { bulkUpsert: () => {} } },
  WAWebBackendJobsCommon: { mediaTypeFromProtobuf: () => null },
  WAWebE2EProtoUtils: { typeAttributeFromProtobuf: () => 'text' },
  WAWebChatGetters: { getIsNewsletter: () => false, getIsBroadcast: () => false },
  WALinkify: { findLinks, findLink: (/** @type {unknown} */ text) => findLinks(text)[0] ?? null },
  WAWebWidFactory: widFactory,
  WAWebMsgKey: MsgKey,
  WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
  WAWebSendMsgChatAction: {
    /** @type {(chat: AnyModel, message: Record<string, any>) => [Promise<unknown>, Promise<unknown>]} */
    addAndSendMsgToChat: (_chat, message) => session.outbox.addAndSend(message),
  },
  WAWebFindChatAction: { findOrCreateLatestChat },
  WAWebUpdateUnreadChatAction: {
    async sendSeen(/** @type {{chat: AnyModel}} */ { chat }) {
      if (chat.unreadCount > 0) await did('seen', chat.id);
      chat.set({ unreadCount: 0 });
    },
  },
  WAWebLinkPreviewChatAction: { getLinkPreview: async () => null },
  WAWebMsgReply: { canReplyMsg: () => true },
  WAWebSendReactionMsgAction: { sendReactionToMsg: (/** @type {AnyModel} */ message) => did('reaction', message.id.remote) },
  WAWebChatStateBridge: {
    sendChatStateComposing: (/** @type {Wid} */ chat) => did('typing', chat),
    sendChatStateRecording: (/** @type {Wid} */ chat) => did('recording', chat),
    sendChatStatePaused: (/** @type {Wid} */ chat) => did('paused', chat),
  },
  WAWebPresenceChatAction: {
    sendPresenceAvailable: () => did('available', null),
    sendPresenceUnavailable: () => did('unavailable', null),
  },
  WAWebLidMigrationUtils: { toPn, toLid },
  WAWebApiContact: {
    getAlternateUserWid: (/** @type {Wid} */ wid) => (wid.isLid() ? store.phones : store.lids).get(String(wid)) ?? null,
    getCurrentLid: toLid,
    getPhoneNumber: toPn,
  },
  WAWebContactGetters: contactGetters,
  WAWebFrontendContactGetters: { getIsMyContact: () => false },
  WAWebQueryExistsJob: { queryWidExists },
  WAWebChatLoadMessages: { loadEarlierMsgs },
  WAWebContactProfilePicThumbBridge: { requestProfilePicFromServer: async () => null },
};

/**
 * `window.require`. A gap is visible: it throws, and the server lists it.
 *
 * @param {string} name
 */
export function requireModule(name) {
  if (Object.hasOwn(modules, name)) return modules[name];
  line.tell({ type: 'unknown', module: name });
  throw new Error(`Requiring unknown module "${name}"`);
}

/** The page begins to live. */
export function begin() {
  line.open();
}
