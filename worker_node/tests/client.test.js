import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { NotSent } from '../src/client/port.js';
import { clientMaker } from '../src/client/whatsapp_web.js';
import { settingsFrom } from '../src/settings.js';
import { systemClock } from '../src/system/clock.js';
import { TOKEN, folder } from './support/at_work.js';

const QUIET = /** @type {import('../src/client/port.js').ClientEvents} */ (new Proxy({}, { get: () => () => {} }));

test('a file that cannot be read has certainly not been sent', async (t) => {
  const dir = await folder(t);
  const makeClient = clientMaker({ settings: settingsFrom({ WORKER_TOKEN: TOKEN }), log: pino({ level: 'silent' }), clock: systemClock });
  const client = makeClient({ id: 'bakery', profileDir: join(dir, 'profile'), on: QUIET });
  const file = { path: join(dir, 'gone'), filename: 'bread.jpg', mime: 'image/jpeg' };
  await assert.rejects(client.send({ chat: '905320000001@c.us', text: '', kind: 'image', file }), (error) => error instanceof NotSent && error.reason === 'media_refused');
});
