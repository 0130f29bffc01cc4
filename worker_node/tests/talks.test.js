import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AtWork, AYSE, BAKERY, BORA } from './support/at_work.js';

test('the fake tells what stands on the phones of those who talk with a number', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.send('k1', { to: AYSE, text: 'Hello' });
  await work.becomes('k1', 'server');
  await work.call('POST', '/fake/sessions/bakery/reply', { from: BORA, name: 'Bora', text: 'Open today?' });
  const { body } = await work.get('/fake/talks');
  const [session] = body.sessions;
  assert.deepEqual([body.sessions.length, session.id, session.number], [1, 'bakery', BAKERY]);
  assert.deepEqual(
    session.messages.map((/** @type {any} */ one) => [one.mine, one.person, one.name, one.text, one.kind, one.ack]),
    [[false, AYSE, null, 'Hello', 'text', 1], [true, BORA, 'Bora', 'Open today?', 'text', null]],
  );
});
