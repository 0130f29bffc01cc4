/**
 * Messages as the page serializes them, put into the worker's terms.
 *
 * @typedef {import('./in_page.js').Model} Model
 * @typedef {import('./port.js').Kind} Kind
 * @typedef {import('./port.js').ReplyMedia} ReplyMedia
 */

/** @type {Record<string, Kind>} */
const KINDS = { chat: 'text', image: 'image', video: 'video', document: 'document', audio: 'audio', ptt: 'voice' };

/** What a person can write. Calls, notices of encryption, reactions and the like are no replies. @type {Record<string, ReplyMedia>} */
const REPLIES = {
  chat: null, image: 'image', video: 'video', document: 'document', audio: 'audio', ptt: 'voice', sticker: 'sticker', location: 'location',
  vcard: 'contact', multi_vcard: 'contact', buttons_response: null, list_response: null, template_button_reply: null, interactive: null,
  ptv: 'video', album: 'image', poll_creation: 'other', product: 'other', order: 'other', payment: 'other', groups_v4_invite: 'other',
  scheduled_event_creation: 'other', oversized: 'other', unknown: 'other',
};

/** Types that come with a file. */
const WITH_FILE = ['image', 'video', 'document', 'audio', 'ptt', 'sticker', 'ptv'];

/** Types whose body is text; with the others it may be a thumbnail. */
const WITH_BODY = ['chat', 'buttons_response', 'list_response', 'template_button_reply', 'interactive'];

/** @param {unknown} wid a string, or an object in any of its forms @returns {string | null} */
export function widOf(wid) {
  if (typeof wid === 'string') return wid;
  if (typeof wid !== 'object' || wid === null) return null;
  const { user, server, _serialized: whole } = /** @type {Record<string, unknown>} */ (wid);
  if (typeof user === 'string' && typeof server === 'string') return `${user}@${server}`;
  return typeof whole === 'string' ? whole : null;
}

/** The chat a message stands in. @param {Model} model */
export function chatOf(model) {
  return widOf(model.id?.remote) ?? widOf(model.id?.fromMe ? model.to : model.from) ?? '';
}

/**
 * WhatsApp's id of a message. Made of its parts where the page gives none as a whole: WhatsApp has renamed that field before, and a message
 * that went out must not seem to have no id.
 * @param {Model} model
 */
export function messageId(model) {
  const { _serialized: whole, fromMe, id } = model.id ?? {};
  return typeof whole === 'string' ? whole : `${fromMe === true}_${chatOf(model)}_${id}`;
}

/** @param {Model} model */
function textOf(model) {
  if (WITH_BODY.includes(model.type)) return String(model.body ?? '');
  const caption = String(model.caption ?? '');
  // WhatsApp puts a document's name where its caption would be.
  return caption === model.filename && model.isCaptionByUser !== true ? '' : caption;
}

/** @param {Model} model @returns {import('./port.js').OwnMessage} */
export function ownFrom(model) {
  const kind = KINDS[model.type] ?? 'other';
  const filename = kind === 'document' && typeof model.filename === 'string' ? model.filename : null;
  return { id: messageId(model), chat: chatOf(model), kind, text: textOf(model), filename, ack: model.ack ?? 0, at: (model.t ?? 0) * 1000 };
}

/** Whether a person wrote it in a chat of two. @param {Model} model */
export function isReply(model) {
  return model.id?.fromMe !== true && /@(c\.us|lid)$/.test(chatOf(model)) && model.type in REPLIES && model.isStatusV3 !== true;
}

/** @param {Model} model @returns {import('./port.js').Received} */
export function receivedFrom(model) {
  const name = typeof model.notifyName === 'string' && model.notifyName !== '' ? model.notifyName.toWellFormed() : null;
  const media = REPLIES[model.type] ?? null;
  return { id: messageId(model), from: chatOf(model), name, text: textOf(model).toWellFormed(), media, attachment: attachmentOf(model), at: (model.t ?? 0) * 1000 };
}

/** @param {Model} model @returns {import('./port.js').Attachment | null} */
function attachmentOf({ type, mimetype, filename, size }) {
  if (!WITH_FILE.includes(type)) return null;
  return {
    mime: typeof mimetype === 'string' ? cut(mimetype, 127) : '',
    filename: type === 'document' && typeof filename === 'string' ? cut(filename, 255) : null,
    size: Number.isSafeInteger(size) && size >= 0 ? size : null,
  };
}

/** Half an emoji, which a cut may leave, cannot be written as UTF-8. @param {string} text @param {number} most */
function cut(text, most) {
  return text.slice(0, most).toWellFormed();
}
