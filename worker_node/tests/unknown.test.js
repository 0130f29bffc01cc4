import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certainMatches } from '../src/session/matching.js';
import { textHash } from '../src/session/matching.js';
import { AtWork, AYSE, BORA, atEnd, gated, until } from './support/at_work.js';

const HELLO = { to: AYSE, text: 'Hello' };
/** The send's deadline, so short that a frozen page is noticed at once. */
const SOON = { WORKER_SEND_SECONDS: '0.1', WORKER_CHECK_SECONDS: '0.3' };

/** @param {import('node:test').TestContext} t @param {string[]} troubles @param {Record<string, string>} [env] */
async function afterTrouble(t, troubles, env = SOON) {
  const work = await AtWork.begin(t, { env });
  await work.linked();
  await work.trouble(troubles);
  const { body } = await work.send('k1', HELLO);
  return { work, body };
}

for (const [trouble, reason] of [['hang_after', 'timeout'], ['crash_after', 'browser_gone'], ['throw_after', 'page_error'], ['no_event', 'no_answer']]) {
  test(`sent, and then ${trouble}: unknown, and found again with a new browser`, async (t) => {
    const { work, body } = await afterTrouble(t, [String(trouble)]);
    assert.deepEqual([body.state, body.reason, body.can_retry, body.fault], ['unknown', reason, false, null]);
    await work.state('bakery', 'ready');
    const found = await work.becomes('k1', 'server');
    assert.ok(found.provider_id);
    assert.equal(work.worker.session('bakery').status.restarts, 1);
    assert.deepEqual(await work.got(), [`${AYSE}: Hello`]);
    const receipts = (await work.events({ least: 2 })).filter(({ kind }) => kind === 'receipt');
    assert.deepEqual(receipts.map(({ progress }) => progress), ['sent']);
  });
}

for (const [trouble, reason] of [['hang', 'timeout'], ['crash', 'browser_gone'], ['throw', 'page_error'], ['undefined', 'no_answer']]) {
  test(`not sent, but ${trouble}: unknown, left for a person, never sent by itself`, async (t) => {
    const { work, body } = await afterTrouble(t, [String(trouble)]);
    assert.deepEqual([body.state, body.reason], ['unknown', reason]);
    await work.state('bakery', 'ready');
    assert.equal((await work.send('k2', { ...HELLO, to: BORA })).body.state, 'server');
    assert.equal((await work.message('k1')).state, 'unknown');
    assert.equal((await work.send('k1', HELLO)).body.state, 'unknown');
    assert.deepEqual(await work.got(), [`${BORA}: Hello`]);
  });
}

test('a frozen page’s send cannot happen once its end was judged: the browser is closed first', async (t) => {
  /** @type {import('../src/fake/client.js').FakeClient[]} */
  const clients = [];
  const work = await AtWork.begin(t, { env: SOON, prepare: (client) => clients.push(client) });
  await work.linked();
  await work.trouble(['late']);
  assert.equal((await work.send('k1', HELLO)).body.reason, 'timeout');
  const [frozen] = clients;
  assert.ok(frozen);
  await work.state('bakery', 'ready');
  assert.equal(frozen.closed, 1, 'closed before the next one was ready');
  assert.equal(frozen.held.length, 0, 'nothing is left that could thaw');
  assert.deepEqual(await work.got(), []);
});

test('a frozen page that thaws before it is closed has sent: that is found', async (t) => {
  /** @type {import('../src/fake/client.js').FakeClient[]} */
  const clients = [];
  const work = await AtWork.begin(t, { env: { ...SOON, WORKER_BACKOFF_FIRST_SECONDS: '0' }, prepare: (client) => clients.push(client) });
  await work.linked();
  const close = clients[0]?.close.bind(clients[0]);
  Object.assign(/** @type {object} */ (clients[0]), { close: async () => {
    for (const send of clients[0]?.held ?? []) send();
    await close?.();
  } });
  await work.trouble(['late']);
  assert.equal((await work.send('k1', HELLO)).body.state, 'unknown');
  assert.equal((await work.becomes('k1', 'server')).state, 'server');
});

test('what waits behind an unknown end fails as not sent, and may be tried again', async (t) => {
  const work = await AtWork.begin(t, { env: SOON });
  await work.linked();
  await work.trouble(['hang']);
  const [first, second] = await Promise.all([work.send('k1', HELLO), work.send('k2', { ...HELLO, to: BORA })]);
  assert.deepEqual([first.body.state, second.body.state, second.body.reason, second.body.can_retry], ['unknown', 'failed', 'channel_down', true]);
});

test('identical texts to one person with unknown ends are told apart by nobody: both are left', async (t) => {
  const { work } = await afterTrouble(t, ['hang_after']);
  await work.becomes('k1', 'server');
  const session = work.worker.session('bakery');
  await work.trouble(['no_event']);
  await work.send('k2', HELLO);
  await work.state('bakery', 'ready');
  assert.equal((await work.becomes('k2', 'server')).state, 'server', 'the first one’s message is claimed, so the second’s is certain');
  const [one, two] = [entry('a'), entry('b')];
  const messages = [own('m1'), own('m2')];
  const facts = { claimed: () => false, closedAt: () => 20_000, numberOfLid: () => undefined };
  assert.equal(certainMatches([one, two], messages, facts).size, 0);
  assert.equal(certainMatches([one, two], [messages[0] ?? own('m1')], facts).size, 0);
  assert.ok(session);
});

test('a match is certain only with the same chat, kind, text and time, unclaimed', () => {
  const facts = { claimed: () => false, closedAt: () => 20_000, numberOfLid: () => undefined };
  const match = (/** @type {Partial<ReturnType<typeof own>>} */ changes, /** @type {object} */ how = {}) => certainMatches([entry('a')], [{ ...own('m1'), ...changes }], { ...facts, ...how }).size;
  assert.equal(match({}), 1);
  assert.equal(match({ text: ' Hello\n' }), 1, 'the page may trim');
  assert.equal(match({ text: 'hello' }), 0);
  assert.equal(match({ chat: '905320000002@c.us' }), 0);
  assert.equal(match({ chat: '77@lid' }), 0);
  assert.equal(match({ chat: '77@lid' }, { numberOfLid: () => AYSE }), 1);
  assert.equal(match({ kind: 'image' }), 0);
  assert.equal(match({ at: 7_999 }), 0, 'before the attempt');
  assert.equal(match({ at: 8_000 }), 1, 'WhatsApp counts whole seconds');
  assert.equal(match({ at: 22_001 }), 0, 'after the browser was closed');
  assert.equal(match({}, { claimed: () => true }), 0);
});

test('a document is recognised by its name too', () => {
  const facts = { claimed: () => false, closedAt: () => 20_000, numberOfLid: () => undefined };
  const attempt = { ...entry('a'), kind: /** @type {const} */ ('document'), filename: 'a.pdf' };
  const message = { ...own('m1'), kind: /** @type {const} */ ('document') };
  assert.equal(certainMatches([attempt], [{ ...message, filename: 'a.pdf' }], facts).size, 1);
  assert.equal(certainMatches([attempt], [{ ...message, filename: 'b.pdf' }], facts).size, 0);
});

test('a question before the send that the frozen page does not answer fails the message, and the browser is replaced', async (t) => {
  const { work, body } = await afterTrouble(t, ['check_hangs']);
  assert.deepEqual([body.state, body.reason, body.can_retry], ['failed', 'no_answer', true]);
  await until(() => work.worker.session('bakery').status.restarts === 1);
  await work.state('bakery', 'ready');
});

/** Two messages, the first of them at WhatsApp, the second behind it. @param {import('node:test').TestContext} t */
async function oneUnderWay(t) {
  const sending = gated('send');
  const work = await AtWork.begin(t, { prepare: sending.prepare });
  await work.linked();
  sending.shut();
  atEnd(t, sending.open);
  const sends = [work.send('k1', HELLO), work.send('k2', HELLO)];
  await until(() => sending.calls === 1 && work.worker.session('bakery').sender.waiting === 2);
  return { work, sends };
}

test('an unlink under a send leaves it unknown, and fails what waits', async (t) => {
  const { work, sends } = await oneUnderWay(t);
  await work.call('POST', '/fake/sessions/bakery/unlink', {});
  const [first, second] = await Promise.all(sends);
  assert.deepEqual([first?.body.state, first?.body.reason], ['unknown', 'unlinked']);
  assert.deepEqual([second?.body.state, second?.body.reason, second?.body.fault], ['failed', 'unlinked', 'account']);
});

test('a restriction fails what waits as that', async (t) => {
  const { work, sends } = await oneUnderWay(t);
  work.fake.phone('bakery').client?.says('disconnected', 'TOS_BLOCK');
  const [first, second] = await Promise.all(sends);
  assert.deepEqual([first?.body.state, first?.body.reason], ['unknown', 'restricted']);
  assert.deepEqual([second?.body.reason, second?.body.fault], ['restricted', 'restriction']);
  assert.equal((await work.state('bakery', 'restricted')).reason, 'TOS_BLOCK');
});

/** @param {string} key @returns {import('../src/journal/entry.js').Entry} */
function entry(key) {
  return {
    key, state: 'unknown', hash: 'h', reason: 'timeout', canRetry: false, fault: null, providerId: null, at: 0, takenAt: 0, to: AYSE, kind: 'text',
    textHash: textHash('Hello'), filename: null, chat: '905320000001@c.us', attemptedAt: 10_000, closedAt: null,
  };
}

/** @param {string} id @returns {import('../src/client/port.js').OwnMessage} */
function own(id) {
  return { id: `true_905320000001@c.us_${id}`, chat: '905320000001@c.us', kind: 'text', text: 'Hello', filename: null, ack: 1, at: 11_000 };
}
