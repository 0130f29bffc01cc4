import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { contentInPage, receivedInPage } from '../src/client/in_page.js';

/** @typedef {{id: {fromMe: boolean, id: string}, t: number, body: unknown}} Message */

const SINCE = 1_000;
const BUDGET = 100;

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'] }));
afterEach(() => mock.timers.reset());

/** @param {string} id @param {number} t @param {Partial<Message>} [more] @returns {Message} */
const message = (id, t, more = {}) => ({ id: { fromMe: false, id }, t, body: id, ...more });

/** A chat that holds its last message; the others come three at a time. @param {string} user @param {Message[]} messages @param {object} [more] */
function chat(user, messages, more = {}) {
  const loaded = messages.slice(-1);
  const loadEarlier = async () => {
    const earlier = messages.slice(Math.max(0, messages.length - loaded.length - 3), messages.length - loaded.length);
    loaded.unshift(...earlier);
    return earlier;
  };
  return { id: { user, server: 'c.us' }, t: messages.at(-1)?.t, msgs: { getModelsArray: () => [...loaded] }, loadEarlier, ...more };
}

/** @param {ReturnType<typeof chat>[]} chats @param {string[]} [only] */
async function read(chats, only = []) {
  /** @type {Record<string, object>} */
  const modules = {
    WAWebCollections: { Chat: { getModelsArray: () => chats } },
    WAWebChatLoadMessages: { loadEarlierMsgs: (/** @type {any} */ { chat: one }) => one.loadEarlier() },
    WAWebApiContact: { getPhoneNumber: (/** @type {{user: string}} */ { user }) => (user === '77' ? { user: '905320000001', server: 'c.us' } : null) },
  };
  const page = /** @type {any} */ (globalThis);
  page.window = { require: (/** @type {string} */ name) => modules[name], WWebJS: { getMessageModel: (/** @type {Message} */ one) => ({ ...one }) } };
  const { models, unread } = await receivedInPage(SINCE, BUDGET, only);
  return { told: models.map(({ id }) => id.id), unread: unread.map(({ chat: id }) => id), phones: unread.map(({ phone }) => phone) };
}

/** Never answers: so much time goes by. */
const late = { loadEarlier: () => {
  setImmediate(() => mock.timers.tick(BUDGET / 10));
  return new Promise(() => {});
} };
const broken = { loadEarlier: async () => Promise.reject(new Error('ServerStatusCodeError')) };

test('everything since then is read, oldest first, however long the chat is; what was written before, or by this account, is not', async () => {
  const long = Array.from({ length: 100 }, (_, n) => message(`L${n}`, SINCE - 5 + n));
  const { told, unread } = await read([chat('1', long), chat('2', [message('own', 2_000, { id: { fromMe: true, id: 'own' } }), message('A', 1_050)])]);
  assert.deepEqual([told.length, told[0], told.includes('A'), told.at(-1)], [96, 'L5', true, 'L99']);
  assert.deepEqual(unread, []);
});

test('a chat with nothing new is not touched', async () => {
  const { told, unread } = await read([chat('1', [message('old', 900)], broken), chat('2', [message('A', 1_100)])]);
  assert.deepEqual([told, unread], [['A'], []]);
});

test('a chat that fails, one that never answers and one that gets no further are named; what of them is there is told, and so are the others', async () => {
  const last = message('same', 1_100);
  const { told, unread } = await read([
    chat('1', [message('lost', 1_010), message('F', 1_300)], broken), chat('2', [message('lost', 1_010), message('H', 1_200)], late),
    chat('3', [last], { loadEarlier: async () => [last] }), chat('4', [message('A', 1_005), message('B', 1_050)]),
    chat('5', [message('C', 1_020)], { msgs: { getModelsArray: () => { throw new Error('odd'); } } }),
  ]);
  assert.deepEqual(told, ['A', 'B', 'same', 'H', 'F']);
  assert.deepEqual(unread, ['1@c.us', '2@c.us', '3@c.us', '5@c.us']);
});

test('a message that cannot be put into words costs only its own chat', async () => {
  /** @type {any} */
  const round = {};
  round.round = round;
  const { told, unread } = await read([chat('1', [message('A', 1_100), message('odd', 1_200, { body: round }), message('B', 1_300)]), chat('2', [message('C', 1_400)])]);
  assert.deepEqual([told, unread], [['A', 'B', 'C'], ['1@c.us']]);
});

test('a chat with a message that is not decrypted yet is not read whole; after a day nobody waits for it any more', async () => {
  mock.timers.setTime((SINCE + 86_000) * 1000);
  const sealed = (/** @type {number} */ t) => message('sealed', t, /** @type {object} */ ({ type: 'ciphertext' }));
  const { unread } = await read([chat('1', [message('old', 900), sealed(SINCE + 1)]), chat('2', [message('old', 900), sealed(SINCE - 500 + 1_000)])]);
  assert.deepEqual(unread, ['2@c.us', '1@c.us']);
  mock.timers.setTime((SINCE + 86_402) * 1000);
  assert.deepEqual((await read([chat('1', [message('old', 900), sealed(SINCE + 1)])])).unread, []);
});

test('where the time is not enough, those not reached come first the next time, and those that hang last', async () => {
  const chats = [...Array.from({ length: 12 }, (_, n) => chat(`${n}`, [message('lost', 1_010), message(`H${n}`, 1_900 - n)], late)), chat('99', [message('A', 1_050), message('B', 1_100)])];
  const first = await read(chats);
  assert.deepEqual([first.unread.at(-1), first.told.includes('B'), first.told.includes('A')], ['9@c.us', true, false]);
  assert.deepEqual(first.unread.slice(0, 3), ['10@c.us', '11@c.us', '99@c.us'], 'they were not reached');
  const second = await read(chats, first.unread);
  assert.ok(second.told.includes('A'));
  assert.ok(!second.unread.includes('99@c.us'));
});

test('only the chats that are asked for are read; of those with hidden ids the number is said where the page knows it', async () => {
  const chats = [chat('1', [message('A', 1_100)], broken), chat('77', [message('B', 1_200)], { id: { user: '77', server: 'lid' }, ...broken }), chat('78', [message('C', 1_300)], { id: { user: '78', server: 'lid' }, ...broken })];
  const { unread, phones } = await read(chats, ['78@lid', '77@lid']);
  assert.deepEqual([unread, phones], [['78@lid', '77@lid'], [null, '905320000001@c.us']]);
});

const FILE = 'false_905320000001@c.us_3EB0';
const MOST = 10;

/** What the page makes of a message with a file, and how often it downloaded. @param {object} about @param {() => Promise<Uint8Array>} [download] @param {string} [id] */
async function contentOf(about, download = async () => new Uint8Array(4), id = FILE) {
  let downloads = 0;
  /** @type {any} */
  const found = { id: FILE, directPath: '/f', size: 4, mediaData: { mediaStage: 'INIT' }, ...about };
  found.downloadMedia ??= async () => void (found.mediaData.mediaStage = 'RESOLVED');
  const downloadAndMaybeDecrypt = (/** @type {any} */ how) => {
    downloads += 1;
    return Promise.race([download(), new Promise((_, reject) => how.signal.addEventListener('abort', () => reject(how.signal.reason)))]);
  };
  const byId = (/** @type {string} */ asked) => (asked === FILE ? found : undefined);
  /** @type {Record<string, object>} */
  const modules = {
    WAWebCollections: { Msg: { get: () => undefined, getMessagesById: async (/** @type {string[]} */ [one]) => ({ messages: [byId(one ?? '')] }) } },
    WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt } },
  };
  const page = /** @type {any} */ (globalThis);
  page.window = { require: (/** @type {string} */ name) => modules[name], WWebJS: { arrayBufferToBase64Async: async (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('base64') } };
  const content = await contentInPage(id, MOST, 1_000).catch((error) => error.name);
  return [typeof content === 'string' ? content : content.data, downloads];
}

test('a file is downloaded only where its message says that it is small enough, and handed over only where that was true', async () => {
  assert.deepEqual(await contentOf({}), ['AAAAAA==', 1]);
  for (const size of [MOST + 1, undefined, null, Number.NaN, '4']) assert.deepEqual(await contentOf({ size }), ['too_large', 0]);
  assert.deepEqual(await contentOf({}, async () => new Uint8Array(MOST + 1)), ['too_large', 1]);
});

test('a file that WhatsApp has no more is gone; what is no message is not known; a download that does not end is given up', async () => {
  const gone = async () => Promise.reject(Object.assign(new Error('x'), { status: 404 }));
  assert.deepEqual(await contentOf({}, gone), ['gone', 1]);
  assert.deepEqual(await contentOf({}, async () => new Uint8Array()), ['gone', 1]);
  for (const more of [{ directPath: undefined }, { mediaData: undefined }, { mediaData: { mediaStage: 'REUPLOADING' } }, { mediaData: { mediaStage: 'ERROR_X' }, downloadMedia: () => {} }]) {
    assert.deepEqual(await contentOf(more), ['gone', 0]);
  }
  for (const id of ['x', 'false_1@c.us_NONE', 'a_b_c_d_e']) assert.deepEqual(await contentOf({}, undefined, id), ['no_message', 0]);
  const hanging = contentOf({}, () => new Promise(() => {}));
  await new Promise((resolve) => setImmediate(resolve));
  mock.timers.tick(1_000);
  assert.deepEqual(await hanging, ['AbortError', 1]);
});
