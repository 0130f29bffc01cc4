import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { AYSE, BAKERY, folder } from './support/at_work.js';
import { WorkerProcess } from './support/process.js';

const HELLO = { to: AYSE, text: 'Hello' };

/** A worker with a linked session, in a process that can be killed. @param {import('node:test').TestContext} t @param {string} dir */
async function begin(t, dir) {
  const worker = await WorkerProcess.begin(t, { WORKER_DATA_DIR: dir, WORKER_START_GAP_SECONDS: '0', WORKER_LOG_LEVEL: 'error' });
  return worker;
}

/** @param {WorkerProcess} worker */
async function link(worker) {
  await worker.call('PUT', '/v1/sessions/bakery');
  await worker.state('qr');
  await worker.call('POST', '/fake/sessions/bakery/scan', { number: BAKERY });
  await worker.state('ready');
}

/** What the dying step leaves, and what people got. @type {[trouble: string, when: string, state: string, reason: string | null, got: number][]} */
const MATRIX = [
  ['die_at_check', 'while the number was asked for', 'failed', 'worker_restarted', 0],
  ['die', 'as the page was to send', 'unknown', 'worker_restarted', 0],
  ['die_after', 'after the page had sent, before it said so', 'server', null, 1],
];

for (const [trouble, when, state, reason, got] of MATRIX) {
  test(`killed ${when}: ${state}, and nobody gets it twice`, async (t) => {
    const dir = await folder(t);
    const first = await begin(t, dir);
    await link(first);
    await first.call('POST', '/fake/sessions/bakery/next-sends', { troubles: [trouble] });
    await first.send('k1', HELLO).then(() => assert.fail('it should have died'), () => {});
    if (!first.hasEnded) await once(first.child, 'exit');
    const second = await begin(t, dir);
    await second.state('ready');
    const found = await second.becomes('k1', [state]);
    assert.equal(found.reason, reason);
    const again = await second.send('k1', HELLO);
    assert.equal(again.body.state, state);
    const { body } = await second.call('GET', '/fake/sessions/bakery/got');
    assert.equal(body.count, got);
    assert.equal((await second.send('k2', HELLO)).body.state, 'server', 'and the session works on');
    const events = (await second.call('GET', '/v1/sessions/bakery/events?after=0')).body.items;
    const told = events.filter((/** @type {any} */ event) => event.key === 'k1').map((/** @type {any} */ event) => event.progress);
    assert.deepEqual(told, state === 'server' ? ['sent'] : [], 'a failure that may be retried is no receipt');
  });
}

test('killed at any moment of many sends: each person has each message once at most, and every key has its answer', async (t) => {
  const dir = await folder(t);
  let worker = await begin(t, dir);
  await link(worker);
  let n = 0;
  for (let round = 0; round < 3; round += 1) {
    const sends = Array.from({ length: 12 }, () => {
      const key = `k${(n += 1)}`;
      return worker.send(key, { to: AYSE, text: key }).catch(() => undefined);
    });
    await Promise.race(sends.slice(0, 1 + round * 3));
    await worker.end('SIGKILL');
    await Promise.all(sends);
    worker = await begin(t, dir);
    await worker.state('ready');
  }
  const got = (await worker.call('GET', '/fake/sessions/bakery/got')).body.messages.map((/** @type {any} */ one) => one.text);
  assert.equal(new Set(got).size, got.length, 'nobody got one twice');
  for (let key = 1; key <= n; key += 1) {
    const { status, body } = await worker.call('GET', `/v1/sessions/bakery/messages/k${key}`);
    const arrived = got.includes(`k${key}`);
    if (status === 404) assert.ok(!arrived, `k${key} was never taken`);
    else if (body.state === 'failed') assert.ok(!arrived, `k${key} failed`);
    else if (body.state !== 'unknown') assert.ok(arrived, `k${key} is ${body.state}`);
    if (status !== 404) assert.ok(!['queued', 'attempting'].includes(body.state), body.state);
  }
});
