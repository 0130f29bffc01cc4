import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageGone } from '../src/client/port.js';
import { Contents } from '../src/session/contents.js';
import { settingsFrom } from '../src/settings.js';
import { ManualClock } from './support/clock.js';
import { AYSE, AtWork, TOKEN } from './support/at_work.js';

const PICTURE = Buffer.from('a picture of bread\u0000\u00ff', 'latin1');
const PDF = { mime: 'application/pdf', filename: 'order.pdf' };

/** A person sends something; the event that tells of it. @param {AtWork} work @param {object} message */
async function came(work, message) {
  const before = (await work.events()).length;
  await work.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: '', ...message });
  return (await work.events({ least: before + 1 })).at(-1);
}

/** @param {string} event */
const path = (event) => `/v1/sessions/bakery/attachments/${encodeURIComponent(event)}`;

test('a reply tells of its file, and the file is fetched byte for byte, also after the worker began anew', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const reply = await came(work, { text: 'Our bread', file: { mime: 'image/jpeg', base64: PICTURE.toString('base64') } });
  assert.deepEqual([reply.media, reply.text, reply.attachment], ['image', 'Our bread', { mime: 'image/jpeg', filename: null, size: PICTURE.length }]);
  assert.equal((await came(work, { text: 'Hello' })).attachment, null);
  const dir = work.worker.settings.dataDir;
  await work.end();
  const second = await AtWork.begin(t, { dir });
  await second.state('bakery', 'ready');
  const answer = await second.app.inject({ method: 'GET', url: path(reply.event), headers: { authorization: `Bearer ${TOKEN}` } });
  assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, 'application/octet-stream']);
  assert.deepEqual(answer.rawPayload, PICTURE);
});

for (const [why, file, code, status] of /** @type {[string, object, string, number][]} */ ([
  ['WhatsApp has it no more', { ...PDF, size: 10 }, 'gone', 410],
  ['it says that it is too large', { ...PDF, size: 2_000, base64: 'AAAA' }, 'too_large', 413],
  ['it is larger than it says', { ...PDF, size: 10, base64: Buffer.alloc(1_001).toString('base64') }, 'too_large', 413],
])) {
  test(`a file is refused: ${why}`, async (t) => {
    const work = await AtWork.begin(t, { env: { WORKER_CONTENT_BYTES: '1000' } });
    await work.linked();
    const { status: found, body } = await work.get(path((await came(work, { file })).event));
    assert.deepEqual([found, body.error], [status, code]);
  });
}

test('a message that nobody knows, a page that does not answer, a session that is not up: each is told by its name', async (t) => {
  const work = await AtWork.begin(t, { env: { WORKER_CONTENT_SECONDS: '0.05' } });
  await work.linked();
  const { event } = await came(work, { file: { ...PDF, base64: 'AAAA' } });
  assert.deepEqual((await work.get(path('false_905320000001@c.us_NONE'))).body.error, 'no_message');
  assert.deepEqual((await work.get(path('not an id'))).body.error, 'bad_request');
  work.fake.phone('bakery').client?.freeze();
  assert.deepEqual((await work.get(path(event))).body.error, 'timeout');
  await work.call('POST', '/v1/sessions/bakery/stop');
  const { status, body } = await work.get(path(event));
  assert.deepEqual([status, body.error, body.state], [409, 'not_ready', 'stopped']);
});

test('files are fetched one at a time, and not more wait than there is room for', async (t) => {
  let atOnce = 0;
  let most = 0;
  const work = await AtWork.begin(t, {
    prepare: (client) => {
      const content = client.content.bind(client);
      client.content = async (id, limit) => {
        most = Math.max(most, (atOnce += 1));
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return content(id, limit);
      };
    },
  });
  await work.linked();
  const { event } = await came(work, { file: { ...PDF, base64: 'AAAA' } });
  const answers = await Promise.all(Array.from({ length: 10 }, () => work.get(path(event))));
  assert.equal(most, 1);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(8).fill(200), 429, 429]);
});

test('a page that is at it still, when nobody waits any more, is not asked for the next one: until it ends, or has had its time', async () => {
  const clock = new ManualClock();
  const settings = settingsFrom({ WORKER_TOKEN: TOKEN });
  const contents = new Contents({ clock, settings });
  const wait = settings.waits.content;
  /** @type {{resolve: (content: Buffer) => void, reject: (error: Error) => void}[]} */
  const asked = [];
  const client = /** @type {any} */ ({ content: () => new Promise((resolve, reject) => asked.push({ resolve, reject })) });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const ask = () => contents.of('m', () => client, () => false);
  const first = ask();
  const second = ask();
  await turn();
  clock.advance(wait);
  await assert.rejects(first, { code: 'timeout' });
  await turn();
  assert.equal(asked.length, 1);
  asked[0]?.reject(new PageGone());
  await turn();
  assert.equal(asked.length, 2);
  const third = ask();
  clock.advance(4 * wait);
  await assert.rejects(second, { code: 'timeout' });
  await turn();
  asked[2]?.resolve(PICTURE);
  assert.deepEqual(await third, PICTURE);
});
