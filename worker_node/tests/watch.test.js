import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFrom } from '../src/settings.js';
import { decide } from '../src/session/watch.js';
import { AtWork, AYSE, TOKEN, until } from './support/at_work.js';
import { ManualClock } from './support/clock.js';

const { waits } = settingsFrom({ WORKER_TOKEN: TOKEN });
const NOW = 10_000_000;
const FINE = { state: 'CONNECTED', synced: true, injected: true };

/** @param {Partial<import('../src/session/watch.js').View>} view @param {Partial<typeof FINE> | null} probe @param {number} [lasted] */
function decided(view, probe, lasted = 0) {
  const whole = { state: /** @type {const} */ ('ready'), since: NOW - lasted, linked: true, preparing: false, missedProbes: 0, toldReadyAt: 0, ...view };
  const action = decide(whole, probe === null ? null : { ...FINE, ...probe }, NOW, waits);
  return 'reason' in action ? `${action.do} ${action.reason}` : action.do;
}

test('a page that answers as it should is left alone', () => {
  assert.equal(decided({ state: 'ready' }, {}), 'nothing');
  assert.equal(decided({ state: 'qr', linked: false }, { state: 'UNPAIRED', synced: false, injected: false }), 'nothing');
});

test('one missed answer is a hiccup, two are a frozen page', () => {
  assert.equal(decided({ missedProbes: 1 }, null), 'nothing');
  assert.equal(decided({ missedProbes: 2 }, null), 'restart page_frozen');
});

test('a missed `ready`: connected, synced, and the library says nothing', () => {
  assert.equal(decided({ state: 'syncing' }, {}, waits.missedReady), 'nothing');
  assert.equal(decided({ state: 'syncing' }, {}, waits.missedReady + 1), 'tell_ready');
  assert.equal(decided({ state: 'syncing', toldReadyAt: NOW - 1 }, {}, waits.missedReady + 1), 'nothing', 'not told twice at once');
  assert.equal(decided({ state: 'syncing' }, { synced: false }, waits.missedReady + 1), 'nothing');
  assert.equal(decided({ state: 'syncing', preparing: true }, {}, waits.syncing + 1), 'nothing');
  assert.equal(decided({ state: 'syncing' }, { synced: false }, waits.syncing + 1), 'restart sync_timeout');
});

test('a QR that has gone idle is refreshed; nobody scans it for long: given up', () => {
  const linking = { state: /** @type {const} */ ('qr'), linked: false };
  assert.equal(decided(linking, { state: 'UNPAIRED_IDLE' }), 'refresh_qr');
  assert.equal(decided({ ...linking, state: 'code' }, { state: 'UNPAIRED_IDLE' }), 'nothing', 'a fresh QR would void the code');
  assert.equal(decided(linking, { state: 'UNPAIRED_IDLE' }, waits.linking + 1), 'give_up_linking');
  assert.equal(decided(linking, { state: 'PAIRING' }), 'syncing PAIRING');
});

test('a page that shows no QR is loaded anew; one that was linked and shows one was unlinked', () => {
  const unlinked = { state: 'UNPAIRED', synced: false, injected: false };
  assert.equal(decided({ state: 'starting', linked: false }, unlinked), 'nothing');
  assert.equal(decided({ state: 'starting', linked: false }, unlinked, waits.firstQr + 1), 'restart no_qr');
  assert.equal(decided({ state: 'starting' }, unlinked), 'unlinked UNPAIRED');
  assert.equal(decided({ state: 'starting' }, {}), 'syncing CONNECTED');
});

test('the connection comes and goes', () => {
  for (const state of ['OPENING', 'TIMEOUT', 'UNLAUNCHED', 'PAIRING']) assert.equal(decided({}, { state }), `offline ${state}`);
  assert.equal(decided({ state: 'offline' }, {}), 'online');
  assert.equal(decided({ state: 'offline' }, { state: 'OPENING' }, waits.offline), 'nothing');
  assert.equal(decided({ state: 'offline' }, { state: 'OPENING' }, waits.offline + 1), 'restart offline_too_long');
  for (const state of ['UNPAIRED', 'UNPAIRED_IDLE']) {
    assert.equal(decided({}, { state }), `unlinked ${state}`);
    assert.equal(decided({ state: 'offline' }, { state }), `unlinked ${state}`);
  }
});

test('what the library shows of blocks, conflicts and old pages', () => {
  for (const view of /** @type {const} */ (['starting', 'syncing', 'ready', 'offline', 'qr'])) {
    for (const state of ['TOS_BLOCK', 'SMB_TOS_BLOCK', 'PROXYBLOCK']) assert.equal(decided({ state: view }, { state }), `restricted ${state}`);
    for (const state of ['CONFLICT', 'DEPRECATED_VERSION']) assert.equal(decided({ state: view }, { state }), `restart ${state}`);
  }
});

test('a page that was loaded anew without the library is not ready', () => {
  assert.equal(decided({}, { injected: false }), 'syncing page_reloaded');
});

/** Lets everything under way come to rest, and looks after the sessions. @param {import('../src/worker.js').Worker} worker */
async function look(worker) {
  await rest();
  await worker.tick();
  await rest();
}

/** Until nothing happens any more that a moved clock could overtake. */
async function rest() {
  for (let n = 0; n < 40; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A worker whose clock is moved by hand. @param {import('node:test').TestContext} t @param {import('../src/fake/fake.js').FakeWhatsApp['prepare']} [prepare] @param {Record<string, string>} [env] */
async function byHand(t, prepare, env = {}) {
  const clock = new ManualClock();
  const work = await AtWork.begin(t, { clock, ...(prepare ? { prepare } : {}), env: { WORKER_BACKOFF_FIRST_SECONDS: '2', WORKER_DRAIN_SECONDS: '0', ...env } });
  const { worker } = work;
  return { work, clock, worker, look: () => look(worker) };
}

test('a restored session whose `ready` the library missed becomes ready all the same', async (t) => {
  let misses = false;
  const { work, clock, look } = await byHand(t, (client) => { client.missesReady = misses; });
  await work.linked();
  await work.call('POST', '/v1/sessions/bakery/stop');
  misses = true;
  await work.call('PUT', '/v1/sessions/bakery');
  await until(() => work.fake.phone('bakery').client !== null);
  await look();
  await work.state('bakery', 'syncing');
  clock.advance(waits.missedReady - 1);
  await look();
  assert.equal(work.fake.phone('bakery').client?.toldReady, 0);
  clock.advance(2);
  await look();
  await work.state('bakery', 'ready');
  assert.equal((await work.call('POST', '/v1/sessions/bakery/messages', { to: AYSE, text: 'x' }, { 'idempotency-key': 'k' })).status, 200);
});

test('an idle QR is refreshed, and shown as a new one', async (t) => {
  const { work, worker, look } = await byHand(t);
  await work.call('PUT', '/v1/sessions/bakery');
  const { rev } = await work.state('bakery', 'qr');
  work.fake.phone('bakery').socket = 'UNPAIRED_IDLE';
  await look();
  await until(() => worker.session('bakery').status.rev > rev);
  assert.equal(work.fake.phone('bakery').client?.refreshed, 1);
});

test('a QR that nobody scans is taken down after a while', async (t) => {
  const { work, clock, look } = await byHand(t);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'qr');
  clock.advance(waits.linking + 1);
  await look();
  const stopped = await work.state('bakery', 'stopped');
  assert.equal(stopped.reason, 'not_scanned');
  assert.equal(work.fake.phone('bakery').client, null);
});

test('a page that freezes is replaced after two missed answers', async (t) => {
  const { work, clock, worker } = await byHand(t);
  await work.linked();
  work.fake.phone('bakery').client?.freeze();
  for (let n = 0; n < 2; n += 1) {
    await rest();
    const looking = worker.tick();
    await rest();
    clock.advance(waits.probe);
    await looking;
  }
  assert.deepEqual([worker.session('bakery').status.state, worker.session('bakery').status.reason], ['starting', 'page_frozen']);
  await until(() => work.fake.phone('bakery').client === null);
  clock.advance(2000);
  await work.state('bakery', 'ready');
});

test('initialize() that never settles is given up, its browser closed, and tried again later each time', async (t) => {
  /** @type {import('../src/fake/client.js').FakeClient[]} */
  const clients = [];
  const { work, clock } = await byHand(t, (client) => {
    clients.push(client);
    if (clients.length < 4) client.start = () => new Promise(() => {});
  });
  await work.call('PUT', '/v1/sessions/bakery');
  for (const wait of [2000, 4000, 8000]) {
    const count = clients.length;
    await until(() => clients.length === count && count > 0);
    await until(() => clock.isAwaited(waits.initialize));
    clock.advance(waits.initialize);
    await until(() => clients[count - 1]?.closed === 1);
    clock.advance(wait - 1);
    for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(clients.length, count, `not before ${wait} ms`);
    clock.advance(1);
    await until(() => clients.length === count + 1);
  }
  await work.state('bakery', 'qr');
});

test('being ready for a while forgets earlier failures', async (t) => {
  const { work, clock, worker } = await byHand(t, undefined, { WORKER_MAX_RESTARTS: '1' });
  await work.linked();
  for (let n = 0; n < 3; n += 1) {
    work.fake.phone('bakery').client?.crash('browser_gone');
    await work.state('bakery', 'starting');
    await until(() => work.fake.phone('bakery').client === null);
    clock.advance(2000);
    await work.state('bakery', 'ready');
    await work.pass(clock, waits.stable + 1);
  }
  assert.equal(worker.session('bakery').status.restarts, 3);
});

test('a browser that has grown too large is replaced, but not under a message', async (t) => {
  const { work, clock, worker, look } = await byHand(t, undefined, { WORKER_SESSION_MEMORY_MB: '500' });
  await work.linked();
  const { status } = worker.session('bakery');
  status.memoryBytes = 600 * 1024 * 1024;
  await work.trouble(['check_hangs']);
  await work.call('POST', '/v1/sessions/bakery/messages', { to: AYSE, text: 'x' }, { 'idempotency-key': 'k' });
  await look();
  assert.equal(status.restarts, 0);
  work.fake.phone('bakery').client?.crash('browser_gone');
  await work.state('bakery', 'starting');
  clock.advance(2000);
  await work.state('bakery', 'ready');
  clock.advance(61_000);
  status.memoryBytes = 600 * 1024 * 1024;
  await look();
  assert.deepEqual([status.restarts, status.reason], [2, 'memory_limit']);
  await until(() => work.fake.phone('bakery').client === null);
  clock.advance(0);
  await work.state('bakery', 'ready');
});

test('launches are some seconds apart', async (t) => {
  /** @type {number[]} */
  const at = [];
  const { work, clock } = await byHand(t, () => { at.push(clock.now()); }, { WORKER_START_GAP_SECONDS: '3' });
  const begin = clock.now();
  for (const id of ['a', 'b', 'c']) await work.call('PUT', `/v1/sessions/${id}`);
  await until(() => at.length === 1);
  for (const count of [2, 3]) {
    clock.advance(3000);
    await until(() => at.length === count);
  }
  assert.deepEqual(at.map((one) => one - begin), [0, 3000, 6000]);
});

test('an acknowledgement that never came is asked for', async (t) => {
  const { work, clock, look } = await byHand(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/set', { auto_ack: null });
  await work.call('POST', '/v1/sessions/bakery/messages', { to: AYSE, text: 'x' }, { 'idempotency-key': 'k' });
  await work.becomes('k', 'submitted');
  Object.assign(/** @type {object} */ (work.fake.phone('bakery').kept.got[0]), { ack: 2 });
  for (const ms of [31_000, 61_000]) {
    clock.advance(ms);
    await look();
  }
  await work.becomes('k', 'delivered');
});

test('a browser that takes too long to be made ready is replaced', async (t) => {
  let hangs = true;
  const { work, clock, worker } = await byHand(t, (client) => {
    if (hangs) client.account = () => new Promise(() => {});
  });
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'qr');
  await work.call('POST', '/fake/sessions/bakery/scan', { number: AYSE });
  await until(() => clock.isAwaited(waits.catchUp));
  hangs = false;
  clock.advance(waits.catchUp);
  await until(() => worker.session('bakery').status.reason === 'catch_up_failed');
  await until(() => work.fake.phone('bakery').client === null);
  clock.advance(2000);
  await work.state('bakery', 'ready');
});
