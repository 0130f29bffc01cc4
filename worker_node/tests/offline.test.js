import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AYSE, gated, until } from './support/at_work.js';
import { AYSES_CHAT, away, later, linkedBehind, sending, told, writesUnseen } from './support/away.js';

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
