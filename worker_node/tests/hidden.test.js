import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AYSE, AtWork, BORA, until } from './support/at_work.js';
import { AYSES_LID, away, later, sending, told } from './support/away.js';

test('an unread chat with a hidden id holds back its person; where its number is not known, everybody whose chat goes by a number', async (t) => {
  const { work, journal, phone } = await away(t, (one) => one.change({ unreadable: ['777@lid'] }));
  assert.deepEqual([await sending(work, AYSE), await sending(work, BORA)], ['news_waiting', 'news_waiting']);
  await journal.rememberLid('777@lid', AYSE);
  assert.deepEqual([await sending(work, AYSE), await sending(work, BORA)], ['news_waiting', 'server']);
  await journal.rememberLid('777@lid', '+905329999999');
  phone.change({ lids: true });
  assert.equal(await sending(work, AYSE), 'server', 'hers is another chat');
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
