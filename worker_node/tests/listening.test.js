import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import pino from 'pino';
import { listen } from '../src/client/listening.js';
import { AYSE } from './support/at_work.js';
import { AYSES_CHAT } from './support/away.js';

test('a message that cannot be understood is logged and goes no further; what is said after it is heard', () => {
  const library = /** @type {any} */ (new EventEmitter());
  /** @type {unknown[]} */
  const heard = [];
  /** @type {string[]} */
  const logged = [];
  const on = /** @type {any} */ ({
    own: () => {
      throw new Error('odd');
    },
    received: (/** @type {{text: string}} */ { text }) => heard.push(text),
    unreadable: (/** @type {object} */ unread) => heard.push(unread),
    ack: (/** @type {string} */ id, /** @type {number} */ ack) => heard.push([id, ack]),
  });
  const log = pino({}, { write: (line) => logged.push(JSON.parse(line).event) });
  listen(library, on, { log, closing: () => {} });
  const odd = { get rawData() { throw new TypeError('Cannot read properties of undefined'); } };
  library.emit('message_create', odd);
  library.emit('message_create', undefined);
  library.emit('message_create', { rawData: null });
  library.emit('message_create', { rawData: { id: { fromMe: true } } });
  library.emit('message_ack', odd, 3);
  library.emit('qr', 'on has no such ear');
  library.emit('message_create', { rawData: { id: { fromMe: false, remote: AYSES_CHAT, id: 'A1' }, type: 'chat', body: 'STOP', t: 1 } });
  for (const remote of [AYSES_CHAT, '123@g.us']) library.emit('message_ciphertext', { rawData: { id: { fromMe: false, remote, id: 'A3' }, type: 'ciphertext' } });
  library.emit('message_ack', { rawData: { id: { fromMe: true, _serialized: 'true_x_A2' } } }, 3);
  assert.deepEqual(heard, ['STOP', { chat: AYSES_CHAT, number: AYSE }, ['true_x_A2', 3]]);
  assert.deepEqual(logged, ['message_create', 'message_create', 'message_create', 'message_create', 'message_ack', 'qr']);
});
