import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import { MOVES, PROGRESS, isOpen, stepOfAck, take } from '../src/journal/entry.js';
import { Journal } from '../src/journal/journal.js';
import { settleAfterRestart } from '../src/session/recovery.js';
import { folder } from './support/at_work.js';
import { ManualClock } from './support/clock.js';

/**
 * @typedef {import('../src/journal/entry.js').Entry} Entry
 * @typedef {import('../src/journal/entry.js').EntryState} EntryState
 */

const DAY = 86_400_000;
/** @type {EntryState[]} */
const STATES = ['queued', 'attempting', 'submitted', 'server', 'delivered', 'read', 'failed', 'unknown'];

/** @param {string} key @param {Partial<Entry>} [facts] @returns {Entry} */
function entry(key, facts = {}) {
  return {
    key, state: 'queued', hash: 'h', reason: null, canRetry: false, fault: null, providerId: null, at: 0, takenAt: 0, to: '+905320000001', kind: 'text',
    textHash: 't', filename: null, chat: null, attemptedAt: null, closedAt: null, ...facts,
  };
}

/** Where the events of a journal begin that was made at that time. */
const BEGUN = new ManualClock().now();

/** @param {import('node:test').TestContext} t @param {{dir?: string, clock?: ManualClock, maxEvents?: number}} [how] */
async function journalIn(t, { dir, clock = new ManualClock(), maxEvents = 100 } = {}) {
  const where = dir ?? join(await folder(t), 'journal');
  const journal = await Journal.open(where, { maxEvents }, clock);
  t.after(() => journal.close().catch(() => {}));
  return { journal, clock, dir: where };
}

test('nothing leads back to queued or attempting, and only queued leads to attempting', () => {
  for (const from of STATES) {
    assert.ok(!MOVES[from].includes('queued'), from);
    assert.equal(MOVES[from].includes('attempting'), from === 'queued', from);
  }
});

test('knowledge only grows: no state is reached from one further on', () => {
  /** @type {EntryState[]} */
  const order = ['submitted', 'server', 'delivered', 'read'];
  order.forEach((state, n) => {
    for (const earlier of order.slice(0, n + 1)) assert.ok(!MOVES[state].includes(earlier), `${state} -> ${earlier}`);
    assert.ok(!MOVES[state].includes('unknown'), state);
  });
  assert.deepEqual(MOVES.read, []);
  for (const state of /** @type {const} */ (['server', 'delivered', 'read'])) assert.ok(!MOVES[state].includes('failed'), 'what was sent never fails');
});

test('what failed before it went out never gets further; what WhatsApp refused and then acknowledges did go out', () => {
  for (const to of STATES) assert.equal(take(entry('k', { state: 'failed', reason: 'not_on_whatsapp' }), { to }, 1), undefined, to);
  assert.equal(take(entry('k', { state: 'failed', providerId: 'true_a@c.us_1' }), { to: 'server' }, 1)?.state, 'server');
  assert.equal(take(entry('k', { state: 'failed', providerId: 'true_a@c.us_1' }), { to: 'attempting' }, 1), undefined);
});

test('an acknowledgement leads where it says', () => {
  assert.deepEqual([-1, 0, 1, 2, 3, 4].map((ack) => stepOfAck(ack).to), ['failed', 'submitted', 'server', 'delivered', 'read', 'read']);
});

test('one whole life, spelled out, and told', async (t) => {
  const { journal } = await journalIn(t);
  await journal.take('k1', () => entry('k1'));
  await journal.step('k1', { to: 'attempting', chat: '905320000001@c.us', attemptedAt: 1 });
  await journal.step('k1', { to: 'submitted', providerId: 'true_905320000001@c.us_3EB0' });
  assert.equal(await journal.keyOf('true_905320000001@c.us_3EB0'), 'k1');
  assert.equal(await journal.keyOf('true_77@lid_3EB0'), 'k1', 'also when WhatsApp has moved the chat to a hidden id');
  for (const to of /** @type {const} */ (['server', 'delivered', 'read'])) await journal.step('k1', { to });
  const events = await journal.events.after(0, 10);
  assert.deepEqual(events.map((event) => [event.cursor, event.kind === 'receipt' && event.progress]), [[BEGUN + 1, 'sent'], [BEGUN + 2, 'delivered'], [BEGUN + 3, 'read']]);
  assert.deepEqual(await journal.open(), []);
});

test('whatever is told in whatever order, an entry only moves as the table says and each news is told once', async (t) => {
  const { journal } = await journalIn(t, { maxEvents: 100_000 });
  let chance = 7;
  const next = (/** @type {number} */ most) => {
    chance = (chance * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((chance / 2 ** 31) * most);
  };
  /** @type {Map<string, {state: EntryState, told: string[], hasId: boolean}>} */
  const model = new Map();
  for (let n = 0; n < 1500; n += 1) {
    const key = `k${next(12)}`;
    const known = model.get(key);
    if (!known) {
      await journal.take(key, () => entry(key));
      model.set(key, { state: 'queued', told: [], hasId: false });
      continue;
    }
    const to = /** @type {EntryState} */ (STATES[next(STATES.length)]);
    const providerId = to === 'submitted' || to === 'server' ? `true_a@c.us_${key}` : null;
    const { entry: now, isNews } = await journal.step(key, { to, providerId });
    const may = MOVES[known.state].includes(to) && (known.state !== 'failed' || known.hasId);
    assert.equal(isNews, may, `${known.state} -> ${to}`);
    if (may) {
      known.state = to;
      known.hasId ||= providerId !== null;
      const progress = PROGRESS[to];
      if (progress) known.told.push(progress);
    }
    assert.equal(now?.state, known.state);
  }
  const told = new Map([...model.keys()].map((key) => [key, /** @type {string[]} */ ([])]));
  for (const event of await journal.events.after(0, 100_000)) if (event.kind === 'receipt') told.get(event.key)?.push(event.progress);
  for (const [key, { told: expected }] of model) assert.deepEqual(told.get(key), expected, key);
  const open = (await journal.open()).map(({ key }) => key).sort();
  assert.deepEqual(open, [...model].filter(([, { state }]) => state !== 'failed' && state !== 'read').map(([key]) => key).sort());
});

test('a failure that may be retried is told to whoever asks, and is no receipt', async (t) => {
  const { journal } = await journalIn(t);
  for (const canRetry of [true, false]) {
    const key = `retry-${canRetry}`;
    await journal.take(key, () => entry(key));
    const { entry: failed } = await journal.step(key, { to: 'failed', reason: 'channel_down', canRetry, fault: 'account' });
    assert.equal(failed?.canRetry, canRetry);
  }
  const told = (await journal.events.after(0, 10)).map((event) => event.kind === 'receipt' && event.key);
  assert.deepEqual(told, ['retry-false']);
});

test('after a restart, what was queued has failed and what was attempted is unknown; the rest stands', async (t) => {
  const { journal, dir, clock } = await journalIn(t);
  for (const state of STATES) await journal.take(state, () => entry(state, { state, providerId: state === 'queued' || state === 'attempting' ? null : `true_a@c.us_${state}` }));
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock });
  await settleAfterRestart(again);
  const now = [];
  for (const state of STATES) {
    const found = await again.get(state);
    now.push([found?.state, found?.reason, found?.canRetry]);
  }
  assert.deepEqual(now, [
    ['failed', 'worker_restarted', true], ['unknown', 'worker_restarted', false], ['submitted', null, false], ['server', null, false], ['delivered', null, false],
    ['read', null, false], ['failed', null, false], ['unknown', null, false],
  ]);
});

test('events keep their numbers over a restart, also when all were let go', async (t) => {
  const { journal, dir, clock } = await journalIn(t);
  for (const n of [1, 2, 3]) await journal.reply(reply(n), 0);
  await journal.letGo(BEGUN + 3);
  assert.deepEqual(await journal.events.after(0, 10), []);
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock });
  assert.equal(again.events.last, BEGUN + 3);
  await again.reply(reply(4), 0);
  assert.deepEqual((await again.events.after(0, 10)).map(({ cursor }) => cursor), [BEGUN + 4]);
  assert.equal(again.events.kept, 1);
});

test('a journal made after one was lost counts above it, so that an old cursor hides nothing', async (t) => {
  const clock = new ManualClock();
  const { journal: lost } = await journalIn(t, { clock });
  for (const n of [1, 2, 3]) await lost.reply(reply(n), 0);
  const old = lost.events.last;
  clock.advance(1000);
  const { journal } = await journalIn(t, { clock });
  for (const n of [4, 5, 6, 7]) await journal.reply(reply(n), 0);
  await journal.letGo(old);
  assert.deepEqual((await journal.events.after(old, 10)).map((event) => event.kind === 'reply' && event.text), ['4', '5', '6', '7']);
});

test('a journal keeps its id for good; one made anew has another', async (t) => {
  const { journal, dir, clock } = await journalIn(t);
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock });
  const { journal: other } = await journalIn(t, { clock });
  assert.match(journal.id, /^[0-9a-f-]{36}$/);
  assert.equal(again.id, journal.id);
  assert.notEqual(other.id, journal.id);
});

test('a journal from before journals had an id gets one, and goes on counting', async (t) => {
  const dir = join(await folder(t), 'journal');
  /** @type {ClassicLevel<string, any>} */
  const db = new ClassicLevel(dir, { valueEncoding: 'json' });
  await db.put('meta!last_cursor', 7);
  await db.close();
  const { journal } = await journalIn(t, { dir });
  await journal.reply(reply(1), 0);
  assert.equal(journal.events.last, 8);
  assert.match(journal.id, /^[0-9a-f-]{36}$/);
});

test('where to begin listening is told to a journal that never listened, and to no other', async (t) => {
  const { journal } = await journalIn(t);
  await journal.listenSince(1000);
  assert.equal(await journal.lastHeard(), 1000);
  await journal.heardUntil(5000);
  await journal.listenSince(2000);
  assert.equal(await journal.lastHeard(), 5000);
});

test('a reply without a number is held, however long, until it is told; one that was told is not held again', async (t) => {
  const { journal, dir, clock } = await journalIn(t);
  /** @param {string} id */
  const from = (id) => ({ id: `false_77@lid_${id}`, from: '77@lid', name: null, text: id, media: null, at: clock.now() });
  await journal.hold(from('A'));
  clock.advance(1000);
  for (const id of ['B', 'A', 'C']) await journal.hold(from(id));
  for (const id of ['false_77@lid_A', 'false_77@lid_unheld']) await journal.setAside(id);
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock });
  assert.deepEqual((await again.held()).map(({ message, isAside }) => [message.text, isAside]), [['A', true], ['B', false], ['C', false]]);
  await again.reply({ kind: 'reply', event: 'false_905320000001@c.us_A', from: '+905320000001', name: null, text: 'A', media: null }, clock.now());
  await again.hold(from('A'));
  assert.deepEqual((await again.held()).map(({ message }) => message.text), ['B', 'C'], 'told under its number');
  clock.advance(31 * 86_400_000);
  await again.prune({ days: 30, most: 100 });
  assert.deepEqual((await again.held()).map(({ message }) => message.text), ['B', 'C'], 'each may be a STOP');
});

test('of very many replies without a number, the oldest are forgotten', async (t) => {
  const dir = join(await folder(t), 'journal');
  /** @type {ClassicLevel<string, any>} */
  const db = new ClassicLevel(dir, { valueEncoding: 'json' });
  const writes = Array.from({ length: 10_002 }, (_, n) => ({ type: /** @type {const} */ ('put'), key: `h!${n}`, value: { message: { id: `false_77@lid_${n}` }, heldAt: n, isAside: true } }));
  await db.batch(writes);
  await db.close();
  const { journal } = await journalIn(t, { dir });
  await journal.prune({ days: 30, most: 100 });
  const held = await journal.held();
  assert.deepEqual([held.length, held[0]?.message.id], [10_000, 'false_77@lid_2']);
});

test('who wrote after what was taken in has news, acknowledged or not; without a word of what was taken in, what was not acknowledged counts', async (t) => {
  const { journal, dir, clock } = await journalIn(t);
  const ayse = '+905320000001';
  await journal.reply(reply(1), 0);
  await journal.account('connected', null);
  const news = async (/** @type {(number | null)[]} */ heard) => Promise.all(heard.map((cursor) => journal.hasNewsOf(ayse, cursor)));
  assert.deepEqual(await news([BEGUN, BEGUN + 1, BEGUN + 2, null]), [true, false, false, true]);
  assert.equal(await journal.hasNewsOf('+905320000002', 0), false);
  await journal.letGo(BEGUN + 2);
  assert.deepEqual(await news([BEGUN, BEGUN + 1, null]), [true, false, false]);
  assert.equal(await journal.hasNewsOf(ayse, BEGUN + 3), true, 'a cursor of an earlier journal');
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock });
  assert.deepEqual([await again.hasNewsOf(ayse, BEGUN), await again.hasNewsOf(ayse, BEGUN + 1)], [true, false]);
  clock.advance(31 * DAY);
  await again.prune({ days: 30, most: 100 });
  assert.equal(await again.hasNewsOf(ayse, BEGUN), false, 'nobody decides for a month');
});

test('letting go keeps what came after, and does nothing twice or ahead of time', async (t) => {
  const { journal } = await journalIn(t);
  for (const n of [1, 2, 3, 4]) await journal.reply(reply(n), 0);
  await journal.letGo(BEGUN + 2);
  await journal.letGo(BEGUN + 1);
  await journal.letGo(BEGUN + 99);
  assert.deepEqual((await journal.events.after(0, 10)).map(({ cursor }) => cursor), [BEGUN + 3, BEGUN + 4]);
});

test('too many events: the oldest give way, and it is counted', async (t) => {
  const { journal, dir, clock } = await journalIn(t, { maxEvents: 3 });
  const states = /** @type {const} */ (['connected', 'offline', 'connected', 'offline', 'unlinked']);
  for (const [n, state] of states.entries()) {
    assert.equal(journal.events.isFull, n >= 3);
    await journal.account(state, null);
  }
  assert.deepEqual((await journal.events.after(0, 10)).map(({ cursor }) => cursor), [BEGUN + 3, BEGUN + 4, BEGUN + 5]);
  assert.deepEqual([journal.events.dropped, journal.events.kept], [2, 3]);
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock, maxEvents: 3 });
  assert.equal(again.events.kept, 3);
});

test('too many events: receipts give way first, then an account’s news, and a reply never', async (t) => {
  const { journal, dir, clock } = await journalIn(t, { maxEvents: 4 });
  const told = async (/** @type {Journal} */ { events }) => (await events.after(0, 10)).map((event) => (event.kind === 'receipt' ? event.key : event.kind === 'reply' ? event.text : event.state));
  const receipt = async (/** @type {string} */ key) => {
    await journal.take(key, () => entry(key, { state: 'submitted' }));
    await journal.step(key, { to: 'server' });
  };
  await journal.account('connected', null);
  await journal.reply(reply(1), 0);
  await receipt('k1');
  await receipt('k2');
  await journal.reply(reply(2), 0);
  assert.deepEqual(await told(journal), ['connected', '1', 'k2', '2'], 'the oldest receipt');
  await journal.reply(reply(3), 0);
  await receipt('k3');
  assert.deepEqual(await told(journal), ['connected', '1', '2', '3'], 'the last receipts, the newest included');
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock, maxEvents: 4 });
  await again.reply(reply(4), 0);
  assert.deepEqual(await told(again), ['1', '2', '3', '4']);
  await again.reply(reply(5), 0);
  assert.deepEqual(await told(again), ['1', '2', '3', '4', '5']);
  assert.deepEqual([again.events.kept, again.events.last, again.events.isFull], [5, BEGUN + 9, true]);
  assert.deepEqual([again.events.holdsReplyFrom('+905320000001'), again.events.holdsReplyFrom('+905320000002')], [true, false]);
  await again.letGo(again.events.last);
  assert.equal(again.events.holdsReplyFrom('+905320000001'), false);
});

test('a reply is told once, however often it comes, also after a restart', async (t) => {
  const { journal, dir, clock } = await journalIn(t);
  assert.equal(await journal.reply(reply(1), 0), true);
  assert.equal(await journal.reply(reply(1), 0), false);
  await journal.close();
  const { journal: again } = await journalIn(t, { dir, clock });
  assert.equal(await again.reply(reply(1), 0), false);
  assert.equal(again.events.last, BEGUN + 1);
});

test('the same account state is told once until it changes', async (t) => {
  const { journal } = await journalIn(t);
  for (const state of /** @type {const} */ (['connected', 'connected', 'offline', 'offline', 'connected'])) await journal.account(state, null);
  assert.deepEqual((await journal.events.after(0, 10)).map((event) => event.kind === 'account' && event.state), ['connected', 'offline', 'connected']);
});

test('old entries are forgotten, and the oldest over the limit, but never what is under way', async (t) => {
  const { journal, clock } = await journalIn(t);
  for (const [n, state] of /** @type {const} */ (['queued', 'attempting', 'read', 'unknown', 'failed', 'server']).entries()) {
    await journal.take(`old-${state}`, () => entry(`old-${state}`, { state, at: clock.now() + n, providerId: state === 'read' ? 'true_a@c.us_OLD' : null }));
  }
  await journal.reply(reply(1), 0);
  clock.advance(31 * DAY);
  for (const n of [1, 2, 3]) await journal.take(`new-${n}`, () => entry(`new-${n}`, { state: 'read', at: clock.now() + n }));
  assert.equal(await journal.prune({ days: 30, most: 100 }), 4);
  for (const key of ['old-read', 'old-unknown', 'old-failed', 'old-server']) assert.equal(await journal.get(key), undefined, key);
  for (const key of ['old-queued', 'old-attempting', 'new-1', 'new-2', 'new-3']) assert.ok(await journal.get(key), key);
  assert.equal(await journal.keyOf('true_a@c.us_OLD'), undefined);
  assert.equal(await journal.prune({ days: 30, most: 2 }), 1);
  assert.equal(await journal.get('new-1'), undefined, 'the oldest gave way');
  assert.deepEqual((await journal.open()).map(({ key }) => key), ['old-attempting', 'old-queued']);
});

test('open entries are those of which something is still expected', () => {
  assert.deepEqual(STATES.filter((state) => isOpen(entry('k', { state }))), ['queued', 'attempting', 'submitted', 'server', 'delivered', 'unknown']);
});

/** @param {number} n @returns {import('../src/journal/events.js').Reply} */
function reply(n) {
  return { kind: 'reply', event: `false_905320000001@c.us_R${n}`, from: '+905320000001', name: null, text: `${n}`, media: null };
}
