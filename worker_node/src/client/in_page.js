/*
 * What is asked of the page beyond the library's own calls. These functions are sent to the page as text: they use nothing from around them.
 * Each reads; only `chatIdInPage` may make an empty chat.
 */

/** @typedef {Record<string, any>} Model a message as the page serializes it */

/** @returns {import('./port.js').Probe} */
export function probeInPage() {
  const page = /** @type {any} */ (window);
  const injected = typeof page.WWebJS !== 'undefined';
  try {
    const { Socket } = page.require('WAWebSocketModel');
    return { state: Socket.state ?? null, synced: Socket.hasSynced === true, injected };
  } catch {
    return { state: null, synced: false, injected };
  }
}

export function tellReadyInPage() {
  return /** @type {any} */ (window).onAppStateHasSyncedEvent();
}

export function refreshQrInPage() {
  /** @type {any} */ (window).require('WAWebCmd').Cmd.refreshQR();
}

/** @param {string} id @returns {Promise<string | null>} */
export async function chatIdInPage(id) {
  const chat = await /** @type {any} */ (window).WWebJS.getChat(id, { getAsModel: false });
  if (!chat) return null;
  const { user, server, _serialized: whole } = chat.id;
  return user && server ? `${user}@${server}` : (whole ?? null);
}

/** @returns {{id: string, name: string}[]} */
export function groupsInPage() {
  const { Chat } = /** @type {any} */ (window).require('WAWebCollections');
  const groups = Chat.getModelsArray().filter((/** @type {any} */ chat) => chat.id?.server === 'g.us');
  return groups.map((/** @type {any} */ chat) => ({ id: `${chat.id.user}@g.us`, name: String(chat.formattedTitle ?? chat.name ?? '') }));
}

/** What people are called, as far as the page knows already. @param {string[]} ids @returns {(string | null)[]} */
export function namesInPage(ids) {
  const { Contact } = /** @type {any} */ (window).require('WAWebCollections');
  return ids.map((id) => {
    try {
      const { name, pushname } = Contact.get(id) ?? {};
      return name ?? pushname ?? null;
    } catch {
      return null;
    }
  });
}

/**
 * The account's own messages of a chat since then, also from before this page was opened.
 * @param {string} id of the chat
 * @param {number} since seconds
 * @returns {Promise<Model[]>}
 */
export async function ownInPage(id, since) {
  const page = /** @type {any} */ (window);
  const chat = await page.WWebJS.getChat(id, { getAsModel: false });
  if (!chat) return [];
  let messages = chat.msgs.getModelsArray();
  for (let round = 0; round < 10 && !messages.some((/** @type {any} */ message) => message.t < since); round += 1) {
    const earlier = await page.require('WAWebChatLoadMessages').loadEarlierMsgs({ chat });
    if (!earlier || earlier.length === 0) break;
    messages = [...earlier, ...messages];
  }
  const seen = new Set();
  return messages
    .filter((/** @type {any} */ message) => message.id.fromMe && message.t >= since && !seen.has(message.id.id) && seen.add(message.id.id))
    .map((/** @type {any} */ message) => page.WWebJS.getMessageModel(message));
}

/**
 * Messages that people wrote in chats of two since then, also where no event told of them: what came while the worker was away stands in
 * the chats only. The chats written in last come first. A chat that fails, hangs, or for which the time is not enough costs no other its turn:
 * what of it is there is told, and it is named as unread; those that were not reached stand before those that failed, so that the next round, asked
 * for just these in this order, comes to them.
 * @param {number} since seconds
 * @param {number} budget milliseconds
 * @param {string[]} only these chats; none: all that may hold something
 * @returns {Promise<{models: Model[], unread: {chat: string, phone: string | null}[]}>}
 */
export async function receivedInPage(since, budget, only) {
  const page = /** @type {any} */ (window);
  const end = Date.now() + budget;
  const { Chat } = page.require('WAWebCollections');
  const { loadEarlierMsgs } = page.require('WAWebChatLoadMessages');
  const wid = (/** @type {any} */ { user, server }) => `${user}@${server}`;
  const turn = new Map(only.map((id, n) => [id, n]));
  const mayHold = (/** @type {any} */ chat) => typeof chat.t !== 'number' || chat.t >= since || chat.unreadCount;
  const inQuestion = Chat.getModelsArray()
    .filter((/** @type {any} */ chat) => chat.id?.server === 'c.us' || chat.id?.server === 'lid')
    .filter((/** @type {any} */ chat) => (only.length > 0 ? turn.has(wid(chat.id)) : mayHold(chat)))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => (turn.get(wid(a.id)) ?? 0) - (turn.get(wid(b.id)) ?? 0) || (b.t ?? 0) - (a.t ?? 0));
  const earlierInTime = async (/** @type {any} */ chat) => {
    const ms = Math.min(budget / 10, end - Date.now());
    if (ms <= 0) throw new Error('no time left');
    return Promise.race([loadEarlierMsgs({ chat }), new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), ms))]);
  };
  const found = new Map();
  /** @param {any} chat @returns {Promise<boolean>} whether it was read whole */
  const read = async (chat) => {
    let isWhole = true;
    /** @type {any[]} */
    let messages = [];
    try {
      messages = chat.msgs.getModelsArray();
      while (!messages.some((message) => message.t < since)) {
        const earlier = await earlierInTime(chat);
        if (!earlier || earlier.length === 0) break;
        if (earlier.every((/** @type {any} */ message) => messages.includes(message))) throw new Error('it gets no further');
        messages = [...earlier, ...messages];
      }
    } catch {
      isWhole = false;
    }
    for (const message of messages) {
      try {
        if (message.id.fromMe || !(message.t >= since)) continue;
        // Of what WhatsApp could not decrypt within a day, nothing more comes.
        if (message.type === 'ciphertext' && Date.now() / 1000 - message.t < 86_400) isWhole = false;
        // What cannot be put into words must not keep the others from being told.
        found.set(message.id.id, JSON.parse(JSON.stringify(page.WWebJS.getMessageModel(message))));
      } catch {
        isWhole = false;
      }
    }
    return isWhole;
  };
  /** @type {any[]} */
  const notReached = [];
  /** @type {any[]} */
  const failed = [];
  for (const chat of inQuestion) {
    const isReached = Date.now() < end;
    if (!(await read(chat))) (isReached ? failed : notReached).push(chat);
  }
  const phoneOf = (/** @type {any} */ chat) => {
    try {
      const phone = chat.id.server === 'lid' ? page.require('WAWebApiContact').getPhoneNumber(chat.id) : chat.id;
      return phone ? wid(phone) : null;
    } catch {
      return null;
    }
  };
  const unread = [...notReached, ...failed].map((chat) => ({ chat: wid(chat.id), phone: phoneOf(chat) }));
  return { models: [...found.values()].sort((a, b) => a.t - b.t), unread };
}

/**
 * A file that came with a message, in base64, as the library fetches it, which neither asks how large it is nor ever gives up. What is larger
 * than it said it were is not handed over.
 * @param {string} id of the message
 * @param {number} most bytes
 * @param {number} ms how long it may take
 * @returns {Promise<import('./port.js').NoContent | {data: string}>}
 */
export async function contentInPage(id, most, ms) {
  const page = /** @type {any} */ (window);
  const { Msg } = page.require('WAWebCollections');
  // What is no id of a message makes the page's database throw.
  const found = Msg.get(id) ?? (/^[^_]+(_[^_]+){2,3}$/.test(id) ? (await Msg.getMessagesById([id]))?.messages?.[0] : null);
  if (!found) return 'no_message';
  if (!found.directPath || !found.mediaData || found.mediaData.mediaStage === 'REUPLOADING') return 'gone';
  if (!Number.isSafeInteger(found.size) || found.size > most) return 'too_large';
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), ms);
  try {
    if (found.mediaData.mediaStage !== 'RESOLVED') await found.downloadMedia({ downloadEvenIfExpensive: true, rmrReason: 1 });
    if (found.mediaData.mediaStage.includes('ERROR') || found.mediaData.mediaStage === 'FETCHING') return 'gone';
    const { directPath, encFilehash, filehash, mediaKey, mediaKeyTimestamp, type } = found;
    const downloadQpl = { addAnnotations: () => downloadQpl, addPoint: () => downloadQpl };
    const bytes = await page.require('WAWebDownloadManager').downloadManager.downloadAndMaybeDecrypt({
      directPath, encFilehash, filehash, mediaKey, mediaKeyTimestamp, type, signal: ending.signal, downloadQpl,
    });
    if (bytes.byteLength > most) return 'too_large';
    return bytes.byteLength === 0 ? 'gone' : { data: await page.WWebJS.arrayBufferToBase64Async(bytes) };
  } catch (error) {
    if (/** @type {any} */ (error)?.status === 404) return 'gone';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
