import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AYSE, AtWork, BORA, folder, until } from './support/at_work.js';
import { AWAY, AYSES_CHAT, away, later, linkedBehind, sending, takenIn, told, writes, writesUnseen } from './support/away.js';
import { ManualClock } from './support/clock.js';

test('a chat that cannot be read costs no other its turn; its person is not written to, and nothing counts as heard, until it is read', async (t) => {
  const at = await away(t, (phone, clock) => {
    writes(phone, clock, AYSE, 'STOP');
    writes(phone, clock, BORA, 'hello');
    phone.change({ unreadable: [AYSES_CHAT] });
  });
  const { work, phone, journal } = at;
  const heard = await journal.lastHeard();
  assert.deepEqual(await told(work), [`${BORA}: hello`]);
  await takenIn(work);
  assert.equal(await sending(work, AYSE), 'news_waiting');
  assert.equal(await sending(work, BORA), 'server');
  for (let n = 0; n < 3; n += 1) await later(at, 60_000);
  assert.equal(await journal.lastHeard(), heard, 'the mark stays');
  assert.equal(await sending(work, AYSE), 'news_waiting');
  phone.change({ unreadable: [] });
  await later(at, 300_000);
  await until(async () => (await told(work)).includes(`${AYSE}: STOP`), 'her STOP was not read');
  assert.equal(await sending(work, AYSE), 'news_waiting', 'told, and not taken in');
  await until(async () => {
    await later(at, 5_000);
    return /** @type {number} */ (await journal.lastHeard()) > at.clock.now() - 10_000;
  }, 'it never was through');
  await takenIn(work);
  assert.equal(await sending(work, AYSE), 'server', 'now it is for whoever asked to decide');
});

test('a clock ahead of WhatsApp’s: what was written just after the worker stopped is read all the same, and told once', async (t) => {
  const { work } = await away(t, (phone, clock) => {
    const stopped = clock.now() - AWAY;
    writesUnseen(phone, stopped - 300_000);
    writesUnseen(phone, stopped - 3_600_001, 'long before');
  });
  assert.deepEqual(await told(work), [`${AYSE}: STOP`]);
});

test('of what was written before a phone was linked, nothing is told but what a clock that is ahead may hide', async (t) => {
  const { work, phone, clock, journal } = await linkedBehind(t, []);
  assert.equal(await journal.lastHeard(), clock.now() + 3_000_000);
  for (const [text, ms] of /** @type {const} */ ([['STOP', 600_000], ['long before', 600_001]])) writesUnseen(phone, clock.now() - ms, text);
  await work.pass(clock, 60_000);
  assert.deepEqual(await told(work), [`${AYSE}: STOP`]);
});

test('linked again: what WhatsApp brings of before only later is read too, for an hour, also over a restart of the worker', async (t) => {
  const clock = new ManualClock();
  const dir = await folder(t);
  const how = { clock, dir, env: { WORKER_DRAIN_SECONDS: '0' } };
  const first = await AtWork.begin(t, how);
  await first.linked();
  await first.pass(clock, 7_200_000);
  await first.call('POST', '/fake/sessions/bakery/unlink', { reason: 'LOGOUT' });
  await first.state('bakery', 'logged_out');
  const unlinkedAt = clock.now();
  await first.pass(clock, 7_200_000);
  await first.linked();
  const phone = first.fake.phone('bakery');
  await first.pass(clock, 60_000);
  writesUnseen(phone, unlinkedAt + 1, 'STOP');
  await first.pass(clock, 120_000);
  assert.deepEqual(await told(first), [`${AYSE}: STOP`]);
  await first.end();
  writesUnseen(phone, unlinkedAt + 2, 'please');
  const work = await AtWork.begin(t, how);
  await work.state('bakery', 'ready');
  assert.deepEqual(await told(work), [`${AYSE}: STOP`, `${AYSE}: please`]);
  await work.pass(clock, 1_800_000);
  writesUnseen(work.fake.phone('bakery'), unlinkedAt + 3, 'thanks');
  await work.pass(clock, 3_600_000);
  assert.equal((await told(work)).length, 3);
  const { journal } = work.worker.session('bakery');
  assert.ok(/** @type {number} */ (await journal.lastHeard()) > clock.now() - 60_000, 'after the hour the mark goes on');
});

test('the worker is killed before all was read: the next one begins where everything was heard', async (t) => {
  const { work, phone, dir, clock } = await away(t, (one, now) => {
    writes(one, now, AYSE, 'STOP');
    one.change({ unreadable: [AYSES_CHAT] });
  });
  await later({ work, clock }, 60_000);
  await work.end();
  phone.change({ unreadable: [] });
  clock.advance(3_600_000);
  const next = await AtWork.begin(t, { dir, clock });
  await next.state('bakery', 'ready');
  assert.deepEqual(await told(next), [`${AYSE}: STOP`]);
});

test('a reply that could not be written down is read again from its chat', async (t) => {
  const at = await away(t, () => {});
  const { work, phone, journal, clock } = at;
  const reply = journal.reply.bind(journal);
  let failures = 0;
  journal.reply = async (...told) => {
    failures += 1;
    if (failures === 1) throw new Error('no space left on device');
    return reply(...told);
  };
  writes(phone, clock, AYSE, 'STOP');
  await until(() => failures === 1);
  await later(at, 5_000);
  await until(async () => (await told(work)).length === 1, 'it was lost');
});

test('a message that is not decrypted yet: its person is not written to, and nothing counts as heard, until it can be read', async (t) => {
  const at = await away(t, () => {});
  const { work, phone, journal } = at;
  phone.change({ unreadable: [AYSES_CHAT] });
  phone.client?.says('unreadable', { chat: AYSES_CHAT, number: AYSE });
  await until(async () => (await sending(work, AYSE)) === 'news_waiting', 'she was written to');
  const heard = await journal.lastHeard();
  for (let n = 0; n < 3; n += 1) await later(at, 60_000);
  assert.equal(await journal.lastHeard(), heard);
  assert.equal(await sending(work, BORA), 'server');
  phone.change({ unreadable: [] });
  await later(at, 300_000);
  await until(async () => (await sending(work, AYSE)) === 'server', 'she is held back still');
});
