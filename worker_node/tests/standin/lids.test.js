import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { event, LinkedAccount } from './support.js';

const ADA = '+491700000001';
const BOB = '+491700000002';
const EVE = '+491700000003';

/** @param {string} number */
const chatWith = (number) => `${number.slice(1)}@c.us`;

describe('an account with LIDs', () => {
  /** @type {LinkedAccount} */
  let ada;

  before(async () => {
    ada = await LinkedAccount.start(ADA, { lid: true });
  });
  after(() => ada.end());

  it('can write to nobody whose LID it never asked for', async () => {
    await assert.rejects(ada.client.sendMessage(chatWith(BOB), 'too early'), /No LID for user/);
    assert.deepEqual(await ada.list('counts'), {});
  });

  it('writes to the LID a number has, and the server knows the number', async () => {
    const id = await ada.client.getNumberId(BOB.slice(1));
    assert.match(String(id?._serialized), /^\d+@lid$/);
    const message = await ada.client.sendMessage(chatWith(BOB), 'hello');
    assert.equal(message.to, id?._serialized);
    const [sent] = await ada.control.sentBy(ADA, 1);
    assert.deepEqual([sent.to, sent.id], [BOB, message.id._serialized]);
  });

  it('gets replies from LIDs, which lead to numbers', async () => {
    const arrived = event(ada.client, 'message');
    await ada.control.post('reply', { from: EVE, to: ADA, text: 'hi', name: 'Eve' });
    const [message] = await arrived;
    assert.match(message.from, /@lid$/);
    assert.equal((await message.getContact()).id._serialized, chatWith(EVE));
    assert.deepEqual(await ada.client.getContactLidAndPhone([message.from]), [{ lid: message.from, pn: chatWith(EVE) }]);
  });

  it('sees group members by number where WhatsApp tells it', async () => {
    const participants = [{ number: BOB }, { lid: '88' }];
    await ada.control.post('groups', { number: ADA, groups: [{ id: '120363000003@g.us', subject: 'Lids', participants }] });
    const chat = /** @type {any} */ (await ada.client.getChatById('120363000003@g.us'));
    const members = chat.participants.map((/** @type {any} */ { id }) => id._serialized);
    assert.deepEqual(members, [chatWith(ADA), chatWith(BOB), '88@lid']);
  });
});
