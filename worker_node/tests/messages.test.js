import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receivedFrom } from '../src/client/messages.js';
import { AYSES_CHAT } from './support/away.js';

/** @param {object} more */
const received = (more) => receivedFrom({ id: { fromMe: false, remote: AYSES_CHAT, id: 'A1' }, t: 1, ...more });

test('a name that is cut in the middle of an emoji, and a text that came so, are whole text still', () => {
  const { attachment } = received({ type: 'document', filename: `${'x'.repeat(254)}🍞.pdf`, mimetype: `${'y'.repeat(126)}🍞` });
  assert.deepEqual([attachment?.filename, attachment?.mime], [`${'x'.repeat(254)}\ufffd`, `${'y'.repeat(126)}\ufffd`]);
  const { text, name } = received({ type: 'chat', body: 'bread \ud83c', notifyName: 'Ayşe \ud83c' });
  assert.deepEqual([text, name], ['bread \ufffd', 'Ayşe \ufffd']);
  assert.equal(received({ type: 'document', filename: '🍞.pdf' }).attachment?.filename, '🍞.pdf');
});
