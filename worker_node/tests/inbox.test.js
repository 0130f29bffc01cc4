import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { Journal } from '../src/journal/journal.js';
import { Inbox } from '../src/session/inbox.js';
import { settingsFrom } from '../src/settings.js';
import { AYSE, BORA, TOKEN, atEnd, folder, until } from './support/at_work.js';
import { AYSES_CHAT, AYSES_LID } from './support/away.js';
import { ManualClock } from './support/clock.js';

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

test('a mark that a clock gone wrong has set far ahead is taken back', async (t) => {
  const { inbox, journal, clock } = await inboxIn(t);
  await journal.heardUntil(clock.now() + 86_400_000);
  await inbox.heard();
  assert.equal(await journal.lastHeard(), clock.now());
});
