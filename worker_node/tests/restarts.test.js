import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import pino from 'pino';
import { backoff } from '../src/system/clock.js';
import { AtWork, AYSE, BAKERY, folder, until } from './support/at_work.js';
import { ManualClock } from './support/clock.js';

test('what ran is started again by the next worker, what was stopped is not; revisions only grow', async (t) => {
  const dir = await folder(t);
  const first = await AtWork.begin(t, { dir });
  const before = await first.linked('bakery');
  await first.linked('choir', '+905329999999');
  await first.call('POST', '/v1/sessions/choir/stop');
  await first.end();
  const second = await AtWork.begin(t, { dir });
  const after = await second.state('bakery', 'ready');
  assert.ok(after.rev > before.rev);
  assert.deepEqual([after.number, after.name], [BAKERY, 'Bakery at the Pier']);
  assert.equal((await second.get('/v1/sessions/choir')).body.state, 'stopped');
});

test('more sessions ran than are now allowed: the others are stopped, and say why', async (t) => {
  const dir = await folder(t);
  const first = await AtWork.begin(t, { dir });
  for (const id of ['a', 'b']) await first.linked(id);
  await first.end();
  const second = await AtWork.begin(t, { dir, env: { WORKER_MAX_SESSIONS: '1' } });
  await second.state('a', 'ready');
  assert.deepEqual([(await second.get('/v1/sessions/b')).body.state, (await second.get('/v1/sessions/b')).body.reason], ['stopped', 'too_many_sessions']);
});

for (const what of ['browser', 'page']) {
  test(`a ${what} that dies is replaced, and the session is ready again`, async (t) => {
    const work = await AtWork.begin(t);
    await work.linked();
    await work.call('POST', '/fake/sessions/bakery/crash', { what });
    await until(() => work.worker.session('bakery').status.restarts === 1);
    await work.state('bakery', 'ready');
    const states = (await work.events({ least: 3 })).map(({ state, reason }) => [state, reason]);
    assert.deepEqual(states, [['connected', null], ['offline', what === 'browser' ? 'browser_gone' : 'page_crashed'], ['connected', null]]);
  });
}

test('that a session went offline is told before that it is back, however slow the disk is', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const { journal, status } = work.worker.session('bakery');
  const account = journal.account.bind(journal);
  journal.account = async (state, reason) => {
    if (state === 'offline') await status.bell.until(work.worker.clock, 300, () => (status.state === 'ready' ? true : undefined));
    await account(state, reason);
  };
  await work.call('POST', '/fake/sessions/bakery/crash', { what: 'page' });
  const told = await work.events({ least: 3 });
  assert.deepEqual(told.map(({ state }) => state), ['connected', 'offline', 'connected']);
});

test('a browser that will not start is tried again, later each time, and called failed at last; a start by hand tries at once', async (t) => {
  let isBroken = true;
  let starts = 0;
  const work = await AtWork.begin(t, { env: { WORKER_MAX_RESTARTS: '3' }, prepare: (client) => {
    const start = client.start.bind(client);
    client.start = async () => {
      starts += 1;
      if (isBroken) throw 'auth timeout';
      await start();
    };
  } });
  await work.call('PUT', '/v1/sessions/bakery');
  const failed = await work.state('bakery', 'failed');
  assert.deepEqual([failed.reason, starts, failed.restarts], ['start_failed', 4, 4]);
  assert.deepEqual((await work.events({ least: 1 })).map(({ state, reason }) => [state, reason]), [['failed', 'start_failed']]);
  isBroken = false;
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'qr');
});

test('a session that has failed is tried again after the longest wait, tells of it once, and of its return', async (t) => {
  let isBroken = false;
  let starts = 0;
  const clock = new ManualClock();
  const work = await AtWork.begin(t, { clock, env: { WORKER_MAX_RESTARTS: '2', WORKER_MAX_SESSIONS: '1', WORKER_DRAIN_SECONDS: '0' }, prepare: (client) => {
    const start = client.start.bind(client);
    client.start = async () => {
      starts += 1;
      if (isBroken) throw 'auth timeout';
      await start();
    };
  } });
  await work.linked();
  const { status } = work.worker.session('bakery');
  isBroken = true;
  work.fake.phone('bakery').client?.crash('browser_gone');
  await until(() => {
    clock.advance(0);
    return status.state === 'failed';
  });
  assert.equal((await work.call('PUT', '/v1/sessions/choir')).body.error, 'too_many_sessions', 'it keeps its place');
  for (const n of [4, 5, 6]) {
    await until(() => clock.isAwaited(300_000));
    clock.advance(300_000);
    await until(() => starts === n && status.state === 'failed');
  }
  assert.equal(status.reason, 'start_failed');
  isBroken = false;
  await until(() => clock.isAwaited(300_000));
  clock.advance(300_000);
  await work.state('bakery', 'ready');
  assert.deepEqual((await work.events({ least: 4 })).map(({ state }) => state), ['connected', 'offline', 'failed', 'connected']);
});

test('a failed session that is stopped, or whose worker stops, is not tried again', async (t) => {
  const clock = new ManualClock();
  const work = await AtWork.begin(t, { clock, env: { WORKER_MAX_RESTARTS: '0', WORKER_DRAIN_SECONDS: '0' }, prepare: (client) => {
    client.start = () => Promise.reject('auth timeout');
  } });
  for (const id of ['a', 'b']) {
    await work.call('PUT', `/v1/sessions/${id}`);
    await work.state(id, 'failed');
  }
  assert.equal((await work.call('POST', '/v1/sessions/a/stop')).body.state, 'stopped');
  assert.ok(clock.isAwaited(300_000), 'the other one is');
  await work.worker.stop();
  assert.ok(!clock.isAwaited(300_000));
});

test('waits between restarts double, and never exceed the most', () => {
  const pace = { first: 2000, most: 60_000 };
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 50].map((n) => backoff(pace, n)), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('a session that is stopped while it starts stays stopped', async (t) => {
  const work = await AtWork.begin(t, { prepare: (client) => {
    const start = client.start.bind(client);
    client.start = () => new Promise((resolve) => setImmediate(resolve)).then(start);
  } });
  for (let n = 0; n < 5; n += 1) {
    await work.call('PUT', '/v1/sessions/bakery');
    const { body } = await work.call('POST', '/v1/sessions/bakery/stop');
    assert.equal(body.state, 'stopped');
  }
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await work.get('/v1/sessions/bakery')).body.state, 'stopped');
  assert.equal(work.fake.phone('bakery').client, null);
});

test('what the old browser still says after it was given up counts for nothing', async (t) => {
  /** @type {import('../src/fake/client.js').FakeClient[]} */
  const clients = [];
  /** @type {import('../src/client/port.js').ClientEvents[]} */
  const said = [];
  const work = await AtWork.begin(t, { prepare: (client) => { clients.push(client); } });
  const makeClient = work.fake.makeClient;
  assert.ok(makeClient);
  await work.linked();
  const { status } = work.worker.session('bakery');
  await work.call('POST', '/fake/sessions/bakery/crash', { what: 'page' });
  await until(() => status.restarts === 1);
  await work.state('bakery', 'ready');
  const { rev } = status;
  clients[0]?.sayAnyway('disconnected', 'LOGOUT');
  clients[0]?.sayAnyway('gone', 'browser_gone');
  clients[0]?.sayAnyway('qr', 'late');
  for (let n = 0; n < 10; n += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([status.state, status.rev, said.length], ['ready', rev, 0]);
});

test('what cannot be dealt with of what WhatsApp says is logged, and not thrown back into the page', async (t) => {
  /** @type {string[]} */
  const lines = [];
  const log = pino({ level: 'error' }, new Writable({ write: (chunk, _, done) => { lines.push(String(chunk)); done(); } }));
  const work = await AtWork.begin(t, { log });
  await work.linked();
  work.worker.session('bakery').receipts.ack = () => {
    throw new Error('odd');
  };
  work.fake.phone('bakery').client?.sayAnyway('ack', 'true_905320000001@c.us_X', 1);
  assert.match(lines.join(''), /"error":"Error: odd".*"event":"ack"/);
  assert.equal((await work.send('k', { to: AYSE, text: 'Hello' }, { wait: 0 })).status, 200);
});

test('a failure that nobody waited for is counted; a page that the library has lost by it is replaced; node lives', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const { status } = work.worker.session('bakery');
  work.worker.rejected(new Error('Target closed'), 'bakery');
  work.worker.rejected(undefined, undefined);
  work.worker.rejected('x', 'nobody');
  assert.deepEqual([status.state, status.restarts], ['ready', 0]);
  work.fake.phone('bakery').client?.reload();
  work.worker.rejected('auth timeout', 'bakery');
  await until(() => status.restarts === 1);
  await work.state('bakery', 'ready');
  assert.match((await work.get('/metrics')).body, /worker_unhandled_rejections_total 4/);
});
