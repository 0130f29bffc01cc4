import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';

import whatsapp from 'whatsapp-web.js';

import { event, LinkedAccount, SLOWLY, killBrowser, until, within } from './support.js';

const { MessageMedia } = whatsapp;

const ADA = '+491700000001';
const BOB = '+491700000002';
const EVE = '+491700000003';

/** @param {string} number */
const chatWith = (number) => `${number.slice(1)}@c.us`;

describe('a linked account, when something is wrong,', () => {
  /** @type {LinkedAccount} */
  let ada;

  before(async () => {
    ada = await LinkedAccount.start(ADA);
  });
  afterEach(() => ada.control.post('reset', { only: 'behaviour' }));
  after(() => ada.end());

  it('hears -1 for a message that is refused, which is not counted', async () => {
    await ada.control.post('behaviour', { refuse: [EVE] });
    const already = await ada.taken();
    const refused = ada.acked('no', -1);
    const message = await ada.client.sendMessage(chatWith(EVE), 'no', { waitUntilMsgSent: true });
    assert.equal(message.ack, -1);
    await refused;
    assert.equal(await ada.taken(), already);
    assert.equal((await ada.list('refused')).at(-1).id, message.id._serialized);
  });

  it('forbidden new chats, still writes to people it knows', async () => {
    await ada.control.post('behaviour', SLOWLY);
    const known = ada.acked('hello', 1);
    await ada.client.sendMessage(chatWith(BOB), 'hello');
    await known;
    await ada.control.post('behaviour', { number: ADA, new_chats_refused: true });
    const refused = ada.acked('hello stranger', -1);
    await ada.client.sendMessage('491700000044@c.us', 'hello stranger');
    await refused;
    const sent = ada.acked('hello friend', 1);
    await ada.client.sendMessage(chatWith(BOB), 'hello friend');
    await sent;
  });

  it('hears nothing while acks are stuck, and all of it afterwards', async () => {
    await ada.control.post('behaviour', { ack_stuck: true });
    const already = await ada.taken();
    const message = await ada.client.sendMessage(chatWith(BOB), 'stuck');
    await until(() => ada.next(already), ({ ack }) => ack === 3);
    assert.equal((await ada.client.getMessageById(message.id._serialized)).ack, 0);
    const read = ada.acked('stuck', 3);
    await ada.control.post('behaviour', { ack_stuck: false });
    assert.equal((await read)[0].id._serialized, message.id._serialized);
  });

  it('sends though the library answers undefined', async () => {
    await ada.control.post('behaviour', { send_resolves_undefined: true });
    const already = await ada.taken();
    const created = event(ada.client, 'message_create');
    assert.equal(await ada.client.sendMessage(chatWith(BOB), 'undefined'), undefined);
    assert.equal((await ada.next(already)).id, (await created)[0].id._serialized);
  });

  it('sends though the library never answers', async () => {
    await ada.control.post('behaviour', { send_never_resolves: true });
    const already = await ada.taken();
    let settled = false;
    const done = () => {
      settled = true;
    };
    const read = ada.acked('never', 3);
    ada.client.sendMessage(chatWith(BOB), 'never').then(done, done);
    assert.equal((await ada.next(already)).text, 'never');
    await read;
    assert.equal(settled, false);
  });

  it('sends though the library reports an error, when the message key was renamed', async () => {
    await ada.control.post('behaviour', { renamed_key: true });
    const already = await ada.taken();
    const created = event(ada.client, 'message_create');
    await assert.rejects(ada.client.sendMessage(chatWith(BOB), 'renamed'), { name: 'r' });
    assert.equal((await ada.next(already)).text, 'renamed');
    assert.equal((await created)[0].id._serialized, undefined);
    await ada.control.post('behaviour', { renamed_key: 'quiet' });
    assert.equal(await ada.client.sendMessage(chatWith(BOB), 'renamed quietly'), undefined);
    assert.equal((await ada.next(already + 1)).text, 'renamed quietly');
  });

  it('cannot send media which the page cannot read, or WhatsApp does not take', async () => {
    const already = await ada.taken();
    const film = new MessageMedia('video/mp4', 'AAAA', 'film.mp4');
    await ada.control.post('behaviour', { media_prep_fails: ['video'] });
    await assert.rejects(ada.client.sendMessage(chatWith(BOB), film), /cannot read this video/);
    await ada.control.post('behaviour', { media_prep_fails: null, upload_fails: true });
    await assert.rejects(ada.client.sendMessage(chatWith(BOB), film), /upload failed/);
    assert.equal(await ada.taken(), already);
  });

  it('stands still while its page is frozen, and sends when it thaws', async () => {
    const already = await ada.taken();
    await ada.control.post('behaviour', { freeze: true });
    assert.equal((await ada.control.get('pages'))[0].frozen, true);
    let settled = false;
    const sending = ada.client.sendMessage(chatWith(BOB), 'frozen').finally(() => {
      settled = true;
    });
    assert.equal((await ada.client.pupBrowser?.version())?.length !== 0, true);
    assert.deepEqual([settled, await ada.taken()], [false, already]);
    await ada.control.post('behaviour', { freeze: false });
    const message = await within(sending, 'thaw');
    assert.equal((await ada.next(already)).id, message.id._serialized);
  });

  it('thaws by itself after the time it was frozen for', async () => {
    const began = Date.now();
    await ada.control.post('behaviour', { freeze: 300 });
    await ada.client.getState();
    assert.ok(Date.now() - began >= 290);
  });

  it('keeps messages while it is offline, and sends each once when it is back', async () => {
    const already = await ada.taken();
    const dropped = event(ada.client, 'change_state', (state) => state === 'OPENING');
    await ada.control.post('behaviour', { number: ADA, offline: true });
    await dropped;
    const first = await ada.client.sendMessage(chatWith(BOB), 'offline 1');
    const second = await ada.client.sendMessage(chatWith(BOB), 'offline 2');
    assert.deepEqual([first.ack, second.ack, await ada.taken()], [0, 0, already]);
    const back = event(ada.client, 'change_state', (state) => state === 'CONNECTED');
    const read = ada.acked('offline 2', 3);
    await ada.control.post('behaviour', { number: ADA, offline: false });
    await back;
    await read;
    const sent = (await ada.list('messages')).slice(already);
    assert.deepEqual(sent.map((/** @type {any} */ { text, repeats }) => [text, repeats]), [['offline 1', 0], ['offline 2', 0]]);
  });

  it('has its chats and messages again after a restart, with the acks of the meantime', async () => {
    await ada.control.post('behaviour', { server_ack_ms: 100, history_loaded: 2 });
    const last = await ada.client.sendMessage(chatWith(BOB), 'before the restart');
    await ada.close();
    await ada.open();
    await until(async () => (await ada.list('messages')).at(-1), ({ ack }) => ack === 3);
    const chat = await ada.client.getChatById(chatWith(BOB));
    const loaded = await chat.fetchMessages({ fromMe: true });
    assert.ok(loaded.length <= 2);
    const all = await chat.fetchMessages({ fromMe: true, limit: 1000 });
    const sent = (await ada.list('messages')).filter((/** @type {any} */ { to }) => to === BOB);
    assert.deepEqual(all.map(({ id }) => id._serialized), sent.map((/** @type {any} */ { id }) => id));
    const { ack } = await until(() => ada.client.getMessageById(last.id._serialized), (message) => message.ack === 3);
    assert.equal(ack, 3);
  });

  it('gets what was written while it was away: once, as new', async () => {
    await ada.close();
    const { id } = await ada.control.post('reply', { from: BOB, to: ADA, text: 'while you were away' });
    ada.client = ada.browsers.client(ada.profile);
    /** @type {string[]} */
    const heard = [];
    ada.client.on('message', (message) => heard.push(message.id._serialized));
    const arrived = event(ada.client, 'message');
    await within(ada.client.initialize(), 'start');
    await arrived;
    await ada.client.pupPage?.reload();
    await event(ada.client, 'ready');
    const marker = event(ada.client, 'message', ({ body }) => body === 'marker');
    await ada.control.post('reply', { from: BOB, to: ADA, text: 'marker' });
    await marker;
    assert.equal(heard.filter((one) => one === id).length, 1);
  });

  it('finds it in the chat without an event, when WhatsApp counts it as history', async () => {
    await ada.control.post('behaviour', { replies_while_away: 'history' });
    await ada.close();
    await ada.control.post('reply', { from: EVE, to: ADA, text: 'in history' });
    await ada.open();
    const chat = await ada.client.getChatById(chatWith(EVE));
    assert.equal(chat.unreadCount, 1);
    assert.equal((await chat.fetchMessages({ fromMe: false })).at(-1)?.body, 'in history');
  });

  it('sends from its next start what was queued, if the outbox survives, and otherwise not', async () => {
    const already = await ada.taken();
    for (const survives of [false, true]) {
      await ada.control.post('behaviour', { number: ADA, outbox_survives: survives });
      const dropped = event(ada.client, 'change_state', (state) => state === 'OPENING');
      await ada.control.post('behaviour', { number: ADA, offline: true });
      await dropped;
      await ada.client.sendMessage(chatWith(BOB), `queued, survives: ${survives}`);
      await ada.close();
      await ada.control.post('behaviour', { number: ADA, offline: false });
      await ada.open();
    }
    assert.equal((await ada.next(already)).text, 'queued, survives: true');
    assert.equal(await ada.taken(), already + 1);
  });

  it('rejects all chats when a kept incoming message has a renamed key', async () => {
    await ada.control.post('behaviour', { renamed_key: 'quiet' });
    const arrived = event(ada.client, 'message');
    await ada.control.post('reply', { from: BOB, to: ADA, text: 'new key' });
    await arrived;
    await assert.rejects(ada.client.getChats(), { name: 'r' });
  });

  it('has sent what the server took, though its browser was killed at once', async () => {
    const already = await ada.taken();
    const taking = ada.next(already);
    const sending = ada.client.sendMessage(chatWith(BOB), 'last words');
    assert.equal((await taking).text, 'last words');
    await killBrowser(ada.client);
    await sending.catch(() => {});
    assert.equal(await ada.taken(), already + 1);
  });
});
