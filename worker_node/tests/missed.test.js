import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import pino from 'pino';
import { listen } from '../src/client/listening.js';
import { Journal } from '../src/journal/journal.js';
import { Inbox } from '../src/session/inbox.js';
import { settingsFrom } from '../src/settings.js';
import { AtWork, AYSE, BORA, TOKEN, atEnd, folder, gated, until } from './support/at_work.js';
import { ManualClock } from './support/clock.js';

/** @typedef {import('../src/fake/phone.js').FakePhone} FakePhone */

const AYSES_CHAT = '905320000001@c.us';
const AYSES_LID = '9905320000001@lid';
const AWAY = 7_200_000;

/**
 * A bakery that was linked, and whose worker was away while things happened to its phone.
 * @param {import('node:test').TestContext} t
 * @param {(phone: FakePhone, clock: ManualClock) => void} meanwhile
 * @param {{prepare?: import('../src/fake/fake.js').FakeWhatsApp['prepare'], lids?: boolean}} [how]
 */
async function away(t, meanwhile, { prepare, lids = false } = {}) {
  const clock = new ManualClock();
  const dir = await folder(t);
  const how = { clock, dir, env: { WORKER_DRAIN_SECONDS: '0' } };
  const first = await AtWork.begin(t, how);
  await first.linked();
  await first.pass(clock, AWAY);
  await first.end();
  const phone = first.fake.phone('bakery');
  phone.change({ lids });
  clock.advance(AWAY);
  meanwhile(phone, clock);
  const work = await AtWork.begin(t, { ...how, ...(prepare ? { prepare } : {}) });
  await work.state('bakery', 'ready');
  return { work, clock, phone: work.fake.phone('bakery'), journal: work.worker.session('bakery').journal, dir };
}

/** @param {FakePhone} phone @param {ManualClock} clock @param {string} number @param {string} text */
const writes = (phone, clock, number, text) => phone.reply({ from: phone.idOf(number.slice(1)), name: null, text, media: null, at: clock.now() });

/** Lets time pass, and the worker look after its sessions. @param {{work: AtWork, clock: ManualClock}} at @param {number} ms */
async function later({ work, clock }, ms) {
  clock.advance(ms);
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
  await work.worker.tick();
}

/** Replies told so far, as "who: text". @param {AtWork} work */
async function told(work) {
  return (await work.events()).filter(({ kind }) => kind === 'reply').map(({ from, text }) => `${from}: ${text}`);
}

/** Everything told was taken in. @param {AtWork} work */
async function takenIn(work) {
  const { last } = (await work.get('/v1/sessions/bakery/events?after=0')).body;
  await work.get(`/v1/sessions/bakery/events?after=${last}`);
}

let keys = 0;
/** @param {AtWork} work @param {string} to @returns {Promise<string>} what becomes of a message to them */
async function sending(work, to) {
  keys += 1;
  const { body } = await work.send(`k${keys}`, { to, text: 'Buy!' });
  return body.reason ?? body.state;
}

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

/** An inbox of its own, that listened until just now. @param {import('node:test').TestContext} t */
async function inboxIn(t) {
  const clock = new ManualClock();
  const journal = await Journal.open(await folder(t), { maxEvents: 10 }, clock);
  atEnd(t, () => journal.close());
  const settings = settingsFrom({ WORKER_TOKEN: TOKEN });
  const inbox = new Inbox({ journal, clock, settings, log: pino({ level: 'silent' }), linkedAt: () => null, countLost: () => {} });
  await journal.heardUntil(clock.now());
  return { inbox, journal, clock };
}

/** A page whose chats are read when the test says so. */
function slowPage() {
  /** @type {((unread: {chat: string, number: string}[]) => void)[]} */
  const readings = [];
  /** @type {() => void} */
  let answer = () => {};
  const client = /** @type {import('../src/client/port.js').Client} */ (/** @type {unknown} */ ({
    receivedSince: () => new Promise((resolve) => readings.push((unread) => resolve({ received: [], unread }))),
    numberOfLid: () => new Promise((resolve) => {
      answer = () => resolve(null);
    }),
  }));
  return { client, readings, answer: () => answer() };
}

const BORAS = { chat: '905320000002@c.us', number: BORA };

test('what cannot be read and comes while the chats are being read is not forgotten by that', async (t) => {
  const { inbox, journal, clock } = await inboxIn(t);
  const { client, readings } = slowPage();
  const catching = inbox.catchUp(client);
  await until(() => readings.length === 1);
  inbox.missed({ chat: AYSES_CHAT, number: AYSE });
  readings[0]?.([BORAS]);
  await catching;
  assert.deepEqual([await inbox.mayHaveMissed(AYSE, AYSES_CHAT), await inbox.mayHaveMissed(BORA, BORAS.chat)], [true, true]);
  const heard = clock.now();
  clock.advance(60_000);
  await inbox.heard();
  assert.equal(await journal.lastHeard(), heard);
});

for (const [what, isReading] of /** @type {[string, boolean][]} */ ([['the chats', true], ['a number', false]])) {
  test(`the session has to catch up anew while ${what} is still asked for: what it finds unread then is not forgotten by that`, async (t) => {
    const { inbox, journal, clock } = await inboxIn(t);
    const { client, readings, answer } = slowPage();
    inbox.missed({ chat: AYSES_CHAT, number: AYSE });
    if (!isReading) await journal.hold({ id: 'false_777@lid_1', from: '777@lid', name: null, text: 'hello', media: null, at: clock.now() });
    const goingOn = inbox.goOn(client);
    await until(() => (isReading ? readings.length === 1 : clock.isAwaited(30_000)));
    const catching = inbox.catchUp(client);
    await until(() => readings.length === (isReading ? 2 : 1));
    if (isReading) readings[0]?.([]);
    else answer();
    await goingOn;
    readings.at(-1)?.([BORAS]);
    await catching;
    assert.equal(readings.length, isReading ? 2 : 1);
    assert.equal(await inbox.mayHaveMissed(BORA, BORAS.chat), true);
  });
}

test('only the rest is read again, soon while it gets on, later each time when it does not; in the end all is looked through once more', async (t) => {
  const { inbox, journal, clock } = await inboxIn(t);
  /** @type {string[][]} */
  const readings = [];
  let unread = [AYSES_CHAT, '905320000002@c.us'];
  const client = /** @type {import('../src/client/port.js').Client} */ (/** @type {unknown} */ ({
    receivedSince: async (/** @type {number} */ _since, /** @type {number} */ _budget, /** @type {string[]} */ only) => {
      readings.push(only);
      return { received: [], unread: unread.map((chat) => ({ chat, number: null })) };
    },
  }));
  await inbox.catchUp(client);
  /** How long it is until the next reading. */
  const pause = async () => {
    const [begin, count] = [clock.now(), readings.length];
    while (readings.length === count) {
      clock.advance(1_000);
      await inbox.goOn(client);
    }
    return (clock.now() - begin) / 1_000;
  };
  assert.deepEqual([await pause(), await pause(), await pause(), await pause()], [1, 5, 10, 20]);
  unread = [AYSES_CHAT];
  assert.deepEqual([await pause(), await pause()], [40, 5], 'one of two was read');
  unread = [];
  assert.equal(await pause(), 10);
  assert.equal(await journal.lastHeard(), clock.now());
  const both = [AYSES_CHAT, '905320000002@c.us'];
  assert.deepEqual(readings, [[], both, both, both, both, both, [AYSES_CHAT], [AYSES_CHAT], []]);
});

test('an unread chat that has moved to a hidden id holds its person back all the while', async (t) => {
  const { inbox } = await inboxIn(t);
  const { client, readings } = slowPage();
  const catching = inbox.catchUp(client);
  await until(() => readings.length === 1);
  readings[0]?.([{ chat: AYSES_CHAT, number: AYSE }]);
  await catching;
  const goingOn = inbox.goOn(client);
  await until(() => readings.length === 2);
  readings[1]?.([]);
  await until(() => readings.length === 3);
  assert.equal(await inbox.mayHaveMissed(AYSE, AYSES_LID), true, 'all chats are looked through still');
  readings[2]?.([{ chat: AYSES_LID, number: AYSE }]);
  await goingOn;
  assert.equal(await inbox.mayHaveMissed(AYSE, AYSES_LID), true);
});

/** A worker over a clock moved by hand, with a gate before or behind the reading of the chats. @param {import('node:test').TestContext} t @param {ReturnType<typeof gated>[]} gates */
async function linkedBehind(t, gates) {
  const clock = new ManualClock();
  const work = await AtWork.begin(t, { clock, env: { WORKER_DRAIN_SECONDS: '0' }, prepare: (client) => gates.forEach(({ prepare }) => prepare(client)) });
  await work.linked();
  return { work, clock, phone: work.fake.phone('bakery'), journal: work.worker.session('bakery').journal };
}

/** Written into the chat where no event tells of it. @param {FakePhone} phone @param {number} at @param {string} [text] */
function writesUnseen(phone, at, text = 'STOP') {
  const received = { id: `false_${AYSES_CHAT}_${text}`, from: AYSES_CHAT, name: null, text, media: null, at };
  phone.change({ received: [...phone.kept.received, received] });
}

test('the connection is lost and comes back while WhatsApp is asked for a chat: the message fails, for what was written meanwhile is being read', async (t) => {
  const [asking, reading] = [gated('numberId'), gated('receivedSince')];
  const at = await linkedBehind(t, [asking, reading]);
  const { work, phone, clock } = at;
  asking.shut();
  reading.shut();
  const sending = work.send('k', { to: AYSE, text: 'Buy!' });
  await until(() => asking.calls === 1);
  phone.socket = 'OPENING';
  await later(at, 1_000);
  await work.state('bakery', 'offline');
  writesUnseen(phone, clock.now());
  phone.socket = null;
  await later(at, 1_000);
  await until(() => reading.calls === 1);
  asking.open();
  const { body } = await sending;
  assert.deepEqual([body.state, body.reason, body.can_retry], ['failed', 'channel_down', true]);
  assert.deepEqual(await work.got(), []);
  reading.open();
  await work.state('bakery', 'ready');
});

test('the connection is lost again while what was missed is being read: it is read once more', async (t) => {
  const reading = gated('receivedSince', { late: true });
  const at = await linkedBehind(t, [reading]);
  const { work, phone, clock } = at;
  phone.socket = 'OPENING';
  await later(at, 1_000);
  await work.state('bakery', 'offline');
  reading.shut();
  phone.socket = null;
  await later(at, 1_000);
  await until(() => reading.calls === 1);
  for (const word of ['OPENING', 'CONNECTED']) phone.client?.says('state', word);
  await later(at, 1_000);
  writesUnseen(phone, clock.now());
  reading.open();
  await work.state('bakery', 'ready');
  assert.deepEqual(await told(work), [`${AYSE}: STOP`]);
});

test('the connection is lost while what was missed is being read, and stays away: the session is offline, and reads anew when it is back', async (t) => {
  const reading = gated('receivedSince', { late: true });
  const at = await linkedBehind(t, [reading]);
  const { work, phone, clock } = at;
  phone.socket = 'OPENING';
  await later(at, 1_000);
  await work.state('bakery', 'offline');
  reading.shut();
  phone.socket = null;
  await later(at, 1_000);
  await until(() => reading.calls === 1);
  phone.socket = 'OPENING';
  phone.client?.says('state', 'OPENING');
  await later(at, 1_000);
  reading.open();
  const { reason } = await work.state('bakery', 'offline');
  assert.equal(reason, 'OPENING');
  writesUnseen(phone, clock.now());
  phone.socket = null;
  // The first look may come while what was lost is still being dealt with; the next one finds it.
  await until(async () => {
    await later(at, 1_000);
    return work.worker.session('bakery').status.state === 'ready';
  });
  assert.deepEqual(await told(work), [`${AYSE}: STOP`]);
});

test('a browser that ends while it is offline: the next one is ready when it is', async (t) => {
  const at = await linkedBehind(t, []);
  const { work, phone, clock } = at;
  phone.client?.says('state', 'OPENING');
  await work.state('bakery', 'offline');
  phone.client?.crash('browser_gone');
  await work.state('bakery', 'starting');
  await until(() => phone.client === null);
  clock.advance(2_000);
  assert.equal((await work.state('bakery', 'ready')).restarts, 1);
});

test('the machine sleeps: nothing is sent, and nothing counts as heard, until a new page has read what people wrote', async (t) => {
  const at = await linkedBehind(t, []);
  const { work, phone, clock, journal } = at;
  await work.pass(clock, 7_200_000);
  const heard = await journal.lastHeard();
  const { restarts } = work.worker.session('bakery').status;
  clock.advance(7_200_000);
  writesUnseen(phone, clock.now() - 3_600_001);
  assert.equal((await work.send('early', { to: AYSE, text: 'Buy!' })).body.error, 'not_ready');
  await work.worker.tick();
  const { status } = work.worker.session('bakery');
  assert.deepEqual([status.state, status.reason, status.restarts - restarts], ['starting', 'slept', 1]);
  assert.equal(await journal.lastHeard(), heard);
  await until(() => phone.client === null);
  clock.advance(0);
  await work.state('bakery', 'ready');
  assert.deepEqual(await told(work), [`${AYSE}: STOP`]);
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

test('a mark that a clock gone wrong has set far ahead is taken back', async (t) => {
  const { inbox, journal, clock } = await inboxIn(t);
  await journal.heardUntil(clock.now() + 86_400_000);
  await inbox.heard();
  assert.equal(await journal.lastHeard(), clock.now());
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

test('an unread chat with a hidden id holds back its person; where its number is not known, everybody whose chat goes by a number', async (t) => {
  const { work, journal, phone } = await away(t, (one) => one.change({ unreadable: ['777@lid'] }));
  assert.deepEqual([await sending(work, AYSE), await sending(work, BORA)], ['news_waiting', 'news_waiting']);
  await journal.rememberLid('777@lid', AYSE);
  assert.deepEqual([await sending(work, AYSE), await sending(work, BORA)], ['news_waiting', 'server']);
  await journal.rememberLid('777@lid', '+905329999999');
  phone.change({ lids: true });
  assert.equal(await sending(work, AYSE), 'server', 'hers is another chat');
});

test('back from offline: what people wrote meanwhile is read before the session may send, also where no event told of it', async (t) => {
  /** @type {() => void} */
  let read = () => {};
  /** @type {Promise<void> | null} */
  let mayRead = null;
  const at = await away(t, () => {}, { prepare: (client) => {
    const receivedSince = client.receivedSince.bind(client);
    client.receivedSince = async (...asked) => {
      await mayRead;
      return receivedSince(...asked);
    };
  } });
  const { work, phone, clock } = at;
  mayRead = new Promise((resolve) => {
    read = resolve;
  });
  phone.socket = 'OPENING';
  await later(at, 1_000);
  await work.state('bakery', 'offline');
  const received = { id: 'false_905320000001@c.us_1', from: AYSES_CHAT, name: null, text: 'STOP', media: null, at: clock.now() };
  phone.change({ received: [...phone.kept.received, received] });
  phone.socket = null;
  await later(at, 1_000);
  await work.state('bakery', 'syncing');
  assert.equal((await work.send('early', { to: AYSE, text: 'Buy!' })).body.error, 'not_ready');
  read();
  await work.state('bakery', 'ready');
  const news = (await work.events()).map(({ kind, state, text }) => state ?? `${kind} ${text}`);
  assert.deepEqual(news.slice(-3), ['offline', 'reply STOP', 'connected']);
  assert.equal(await sending(work, AYSE), 'news_waiting');
  assert.doesNotMatch((await work.get('/metrics')).body, /worker_start_seconds_count\{to="ready"\} 2/, 'no browser was started');
});

test('a hidden id that could not be asked for: its replies are kept, also over a restart, and told in order; nobody they may be of is written to', async (t) => {
  const first = await away(t, (phone) => phone.change({ mute: [AYSES_LID] }));
  const { phone, dir, clock } = first;
  for (const text of ['STOP', 'please']) phone.reply({ from: AYSES_LID, name: null, text, media: null, at: clock.now() });
  await until(async () => (await first.journal.held()).length === 2);
  assert.equal(await sending(first.work, AYSE), 'news_waiting');
  await first.work.end();
  phone.change({ received: [] });
  clock.advance(3_600_000);
  const work = await AtWork.begin(t, { dir, clock });
  await work.state('bakery', 'ready');
  assert.deepEqual(await told(work), []);
  assert.equal(await sending(work, AYSE), 'news_waiting');
  work.fake.phone('bakery').change({ mute: [] });
  await later({ work, clock }, 300_000);
  await until(async () => (await told(work)).length === 2, 'they were not told');
  assert.deepEqual(await told(work), [`${AYSE}: STOP`, `${AYSE}: please`]);
  assert.deepEqual(await work.worker.session('bakery').journal.held(), []);
});

test('one hidden id that WhatsApp never answers for does not keep another’s reply from being told', async (t) => {
  const { work, phone, clock } = await away(t, (one) => one.change({ mute: [AYSES_LID] }));
  phone.reply({ from: AYSES_LID, name: null, text: 'STOP', media: null, at: clock.now() });
  phone.reply({ from: '9905320000002@lid', name: null, text: 'hello', media: null, at: clock.now() });
  await until(async () => (await told(work)).length === 1, 'it was not told');
  assert.deepEqual(await told(work), [`${BORA}: hello`]);
});

test('WhatsApp says that it does not tell the number: counted once and kept, and told when the number becomes known by writing to it', async (t) => {
  const at = await away(t, (phone) => phone.change({ hiddenNumbers: [AYSES_LID] }), { lids: true });
  const { work, phone, clock } = at;
  phone.reply({ from: AYSES_LID, name: null, text: 'STOP', media: null, at: clock.now() });
  const isCounted = async () => /worker_replies_without_number_total 1/.test((await work.get('/metrics')).body);
  await until(isCounted, 'it was not counted');
  for (let n = 0; n < 3; n += 1) await later(at, 300_000);
  assert.ok(await isCounted(), 'once');
  assert.equal(await sending(work, BORA), 'server', 'it holds nobody else back');
  assert.equal(await sending(work, AYSE), 'news_waiting');
  await later(at, 5_000);
  await until(async () => (await told(work)).length === 1, 'it was not told');
  assert.deepEqual(await told(work), [`${AYSE}: STOP`]);
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
