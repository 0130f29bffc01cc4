import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';

import whatsapp from 'whatsapp-web.js';

import { event, LinkedAccount, SLOWLY, until } from './support.js';

const { MessageMedia } = whatsapp;

const ADA = '+491700000001';
const BOB = '+491700000002';
const EVE = '+491700000003';

/** @param {string} number */
const chatWith = (number) => `${number.slice(1)}@c.us`;

/** Bytes that nobody could mistake for others. @param {string} seed @param {number} size */
function bytesOf(seed, size) {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, n) => createHash('sha256').update(`${seed}${n}`).digest());
  return Buffer.concat(blocks);
}

describe('a linked account', () => {
  /** @type {LinkedAccount} */
  let ada;

  before(async () => {
    ada = await LinkedAccount.start(ADA);
  });
  afterEach(() => ada.control.post('reset', { only: 'behaviour' }));
  after(() => ada.end());

  it('sends a text, which is taken once, with the id the library gives', async () => {
    const created = event(ada.client, 'message_create');
    const message = await ada.client.sendMessage(chatWith(BOB), 'Hello Bob https://example.org');
    const { at, ack, ...sent } = await ada.next(0);
    assert.deepEqual(sent, {
      id: message.id._serialized,
      from: ADA,
      to: BOB,
      kind: 'text',
      text: 'Hello Bob https://example.org',
      mime: null,
      filename: null,
      size: null,
      sha256: null,
      registered: true,
      repeats: 0,
    });
    assert.equal((await created)[0].id._serialized, message.id._serialized);
    assert.deepEqual(await ada.list('counts'), { [BOB]: 1 });
  });

  it('hears of its messages: sent, delivered, read', async () => {
    /** @type {number[]} */
    const heard = [];
    const listener = (/** @type {any} */ { body }, /** @type {number} */ ack) => body === 'receipts' && heard.push(ack);
    ada.client.on('message_ack', listener);
    await ada.control.post('behaviour', SLOWLY);
    const read = ada.acked('receipts', 3);
    const message = await ada.client.sendMessage(chatWith(BOB), 'receipts');
    assert.equal(message.ack, 0);
    await read;
    ada.client.off('message_ack', listener);
    assert.deepEqual(heard, [1, 2, 3]);
  });

  for (const [kind, mime, filename, options] of /** @type {const} */ ([
    ['image', 'image/png', 'picture.png', { caption: 'a picture' }],
    ['document', 'application/pdf', 'price list.pdf', { sendMediaAsDocument: true, caption: 'prices' }],
    ['video', 'video/mp4', 'film.mp4', { caption: 'a film' }],
    ['audio', 'audio/mpeg', 'song.mp3', {}],
    ['voice', 'audio/ogg; codecs=opus', 'note.ogg', { sendAudioAsVoice: true }],
  ])) {
    it(`sends ${kind}, and the bytes that arrive are those that left`, async () => {
      const already = await ada.taken();
      const bytes = bytesOf(kind, 100_000);
      const uploaded = event(ada.client, 'message_create', (message) => message.hasMedia);
      const media = new MessageMedia(mime, bytes.toString('base64'), filename);
      const message = await ada.client.sendMessage(chatWith(BOB), media, { ...options });
      const sent = await ada.next(already);
      assert.equal(sent.kind, kind);
      assert.equal(sent.id, message.id._serialized);
      assert.equal(sent.mime, mime);
      assert.equal(sent.text, 'caption' in options ? options.caption : '');
      assert.equal(sent.filename, kind === 'document' ? filename : null);
      assert.equal(sent.size, bytes.length);
      const response = await fetch(`${ada.standin.controlUrl}/control/media/${sent.sha256}`);
      assert.ok(bytes.equals(Buffer.from(await response.arrayBuffer())));
      await uploaded;
      assert.equal((await message.downloadMedia()).data, bytes.toString('base64'));
    });
  }

  it('gets a reply, with its author and its text, and can answer it', async () => {
    const already = await ada.taken();
    const arrived = event(ada.client, 'message');
    const { id } = await ada.control.post('reply', { from: BOB, to: ADA, text: 'Tell me more', name: 'Bob' });
    const [message] = await arrived;
    assert.deepEqual([message.id._serialized, message.from, message.body, message.fromMe], [id, chatWith(BOB), 'Tell me more', false]);
    assert.equal((await message.getContact()).pushname, 'Bob');
    await message.reply('Gladly');
    assert.equal((await ada.next(already)).text, 'Gladly');
    await until(() => ada.list('activity'), (done) => done.some((/** @type {any} */ { what }) => what === 'seen'));
  });

  it('gets a picture as a reply', async () => {
    const bytes = bytesOf('reply', 5000);
    const arrived = event(ada.client, 'message');
    await ada.control.post('reply', { from: BOB, to: ADA, text: 'look', media: { base64: bytes.toString('base64'), mime: 'image/jpeg' } });
    const [message] = await arrived;
    assert.deepEqual([message.type, message.body, message.hasMedia], ['image', 'look', true]);
    assert.equal((await message.downloadMedia()).data, bytes.toString('base64'));
  });

  it('learns which numbers have WhatsApp', async () => {
    await ada.control.post('behaviour', { unregistered: [EVE], unregistered_endings: ['99'] });
    assert.equal((await ada.client.getNumberId(BOB.slice(1)))?._serialized, chatWith(BOB));
    assert.equal(await ada.client.getNumberId(EVE.slice(1)), null);
    assert.equal(await ada.client.isRegisteredUser('491700000099@c.us'), false);
    await ada.control.post('behaviour', { number_query_fails: true });
    await assert.rejects(ada.client.getNumberId(BOB.slice(1)), /ServerStatusCodeError/);
  });

  it('hears no more than "sent" of a message to a number without WhatsApp', async () => {
    await ada.control.post('behaviour', { unregistered: [EVE], delivered_ms: 0 });
    const already = await ada.taken();
    const sent = ada.acked('anybody?', 1);
    const message = await ada.client.sendMessage(chatWith(EVE), 'anybody?');
    await sent;
    const later = ada.acked('later', 3);
    await ada.client.sendMessage(chatWith(BOB), 'later');
    await later;
    assert.equal((await ada.next(already)).registered, false);
    assert.equal((await ada.client.getMessageById(message.id._serialized)).ack, 1);
  });

  it('shows that somebody is typing', async () => {
    const chat = await ada.client.getChatById(chatWith(BOB));
    await chat.sendStateTyping();
    const typing = await until(() => ada.list('activity'), (done) => done.at(-1)?.what === 'typing');
    assert.equal(typing.at(-1).chat, chatWith(BOB));
  });

  it('sees its groups, and members whose number stays hidden', async () => {
    await ada.control.post('groups', {
      number: ADA,
      groups: [
        { id: '12036300000001@g.us', subject: 'Buyers', participants: [{ number: BOB, name: 'Bob' }, { lid: '77' }] },
        { id: '12036300000002@g.us', subject: 'Broken', participants: [{ number: EVE }] },
      ],
    });
    const chats = await ada.client.getChats();
    const buyers = /** @type {any} */ (chats.find(({ name }) => name === 'Buyers'));
    const members = buyers.participants.map((/** @type {any} */ { id }) => id._serialized);
    assert.deepEqual(members, [chatWith(ADA), chatWith(BOB), '77@lid']);
  });

  it('gets no chats at all when one group fails, but every other group by itself', async () => {
    await ada.control.post('behaviour', { group_fails: ['12036300000002@g.us'] });
    await assert.rejects(ada.client.getChats(), /ServerStatusCodeError/);
    await assert.rejects(ada.client.getChatById('12036300000002@g.us'), /ServerStatusCodeError/);
    assert.equal((await ada.client.getChatById('12036300000001@g.us')).name, 'Buyers');
  });

  it('writes to a group as one message, and hears who answers there', async () => {
    const already = await ada.taken();
    const message = await ada.client.sendMessage('12036300000001@g.us', 'Hello all', { waitUntilMsgSent: true });
    assert.equal(message.ack, 1);
    const sent = await ada.next(already);
    assert.deepEqual([sent.to, sent.id], ['12036300000001@g.us', message.id._serialized]);
    const arrived = event(ada.client, 'message');
    await ada.control.post('reply', { from: BOB, to: ADA, group: '12036300000001@g.us', text: 'Hi' });
    const [answer] = await arrived;
    assert.deepEqual([answer.from, answer.author], ['12036300000001@g.us', chatWith(BOB)]);
  });
});
