import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import pino from 'pino';
import { AtWork, AYSE, BAKERY, BORA, folder, until } from './support/at_work.js';

const STOP = { from: AYSE, text: 'STOP', name: 'Ayşe' };

test('receipts are told in order, each once', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.send('k1', { to: AYSE, text: 'Hello' });
  for (const ack of [3, 2, 1, 3, 4]) await work.call('POST', '/fake/sessions/bakery/ack', { key: 'k1', ack });
  await work.becomes('k1', 'read');
  const events = await work.events({ least: 3 });
  const begun = events[0].cursor;
  assert.deepEqual(events.map(({ cursor, kind, state, progress }) => [cursor - begun, kind, state ?? progress]), [[0, 'account', 'connected'], [1, 'receipt', 'sent'], [2, 'receipt', 'read']]);
});

test('asking after a cursor lets go of everything up to it; asking again tells the rest again', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  for (const text of ['1', '2', '3']) await work.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text });
  const cursors = (await work.events({ least: 4 })).map(({ cursor }) => cursor);
  assert.equal((await work.events({ least: 4 })).length, 4, 'told again until acknowledged');
  assert.deepEqual((await work.events({ after: cursors[1] })).map(({ text }) => text), ['2', '3']);
  assert.deepEqual((await work.events({ after: 0 })).map(({ text }) => text), ['2', '3'], 'what was acknowledged is gone');
  const { body } = await work.get(`/v1/sessions/bakery/events?after=${cursors[3]}`);
  assert.deepEqual(body, { items: [], last: cursors[3] });
});

test('whoever waits for news gets them when they come', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const [connected] = await work.events({ least: 1 });
  const waiting = work.get(`/v1/sessions/bakery/events?after=${connected.cursor}&wait=20`);
  await work.call('POST', '/fake/sessions/bakery/reply', STOP);
  const { items, last } = (await waiting).body;
  assert.deepEqual([items.length, items[0].text, items[0].from, items[0].name, items[0].media, last], [1, 'STOP', AYSE, 'Ayşe', null, connected.cursor + 1]);
});

test('a cursor of long ago, and nothing kept since: whoever waits waits, and does not ask again at once', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const [{ cursor }] = await work.events({ least: 1 });
  await work.get(`/v1/sessions/bakery/events?after=${cursor}`);
  const waiting = work.get(`/v1/sessions/bakery/events?after=${cursor - 1}&wait=20`);
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
  await work.call('POST', '/fake/sessions/bakery/reply', STOP);
  const { items } = (await waiting).body;
  assert.deepEqual(items.map((/** @type {any} */ { text }) => text), ['STOP']);
});

test('a cursor from before the session was deleted hides nothing', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const [{ cursor: before }] = await work.events({ least: 1 });
  assert.equal((await work.call('DELETE', '/v1/sessions/bakery')).status, 204);
  work.fake.phone('bakery').change({ linked: false });
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/reply', STOP);
  await work.events({ least: 2 });
  for (const after of [before, before + 86_400_000]) {
    const { items } = (await work.get(`/v1/sessions/bakery/events?after=${after}`)).body;
    assert.deepEqual(items.map((/** @type {any} */ { kind }) => kind), ['account', 'reply'], after === before ? 'its journal was lost' : 'and the clock was ahead');
  }
});

test('what people wrote while the worker was away is told before the session may send', async (t) => {
  const dir = await folder(t);
  const first = await AtWork.begin(t, { dir });
  await first.linked();
  await first.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: 'before' });
  await first.events({ least: 2 });
  await first.end();
  const phone = first.fake.phone('bakery');
  phone.reply({ from: phone.idOf(AYSE.slice(1)), name: null, text: 'STOP', media: null, at: Date.now() });
  /** @type {() => void} */
  let read = () => {};
  const mayRead = new Promise((resolve) => {
    read = () => resolve(undefined);
  });
  const second = await AtWork.begin(t, { dir, prepare: (client) => {
    const receivedSince = client.receivedSince.bind(client);
    client.receivedSince = (...asked) => mayRead.then(() => receivedSince(...asked));
  } });
  await second.state('bakery', 'syncing');
  const early = await second.send('k1', { to: AYSE, text: 'Buy!' });
  assert.deepEqual([early.body.error, early.body.state], ['not_ready', 'syncing']);
  read();
  await second.state('bakery', 'ready');
  const told = (await second.events({ least: 3 })).filter(({ kind }) => kind === 'reply').map(({ text }) => text);
  assert.deepEqual(told, ['before', 'STOP'], 'each once');
});

test('a newly linked phone’s old messages are not told', async (t) => {
  const work = await AtWork.begin(t);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'qr');
  const phone = work.fake.phone('bakery');
  phone.change({ received: [{ id: 'false_1@c.us_1', from: '905320000001@c.us', name: null, text: 'last year', media: null, at: Date.now() - 1000 }] });
  await work.linked();
  assert.deepEqual((await work.events({ least: 1 })).map(({ kind }) => kind), ['account']);
});

test('receipts that were missed while the worker was away are asked for', async (t) => {
  const dir = await folder(t);
  const first = await AtWork.begin(t, { dir });
  await first.linked();
  await first.call('POST', '/fake/sessions/bakery/set', { auto_ack: null });
  for (const key of ['k1', 'k2', 'k3']) {
    await first.send(key, { to: AYSE, text: key }, { wait: 0 });
    await first.becomes(key, 'submitted');
  }
  const phone = first.fake.phone('bakery');
  await first.end();
  for (const [n, ack] of [1, 3, -1].entries()) Object.assign(/** @type {object} */ (phone.kept.got[n]), { ack });
  phone.save();
  const second = await AtWork.begin(t, { dir });
  await second.state('bakery', 'ready');
  await second.becomes('k1', 'server');
  await second.becomes('k2', 'read');
  assert.equal((await second.becomes('k3', 'failed')).reason, 'refused_by_whatsapp');
});

test('hidden ids: replies and receipts come under the number, also after a restart', async (t) => {
  const dir = await folder(t);
  const first = await AtWork.begin(t, { dir });
  await first.linked();
  await first.call('POST', '/fake/sessions/bakery/set', { lids: true, hidden: ['9905320000001@lid'] });
  const { body } = await first.send('k1', { to: AYSE, text: 'Hello' });
  assert.match(body.provider_id, /@lid_/);
  await first.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: 'yes' });
  assert.equal((await first.events({ least: 3 })).at(-1).from, AYSE, 'WhatsApp does not tell, but it was written to');
  await first.end();
  const second = await AtWork.begin(t, { dir });
  await second.state('bakery', 'ready');
  await second.call('POST', '/fake/sessions/bakery/ack', { key: 'k1', ack: 3 });
  await second.becomes('k1', 'read');
  await second.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: 'STOP' });
  assert.equal((await second.events({ least: 5 })).at(-1).from, AYSE);
});

test('a hidden id that was never written to is asked for; one that nobody knows is counted, not guessed', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/set', { lids: true, hidden: ['777@lid'] });
  await work.call('POST', '/fake/sessions/bakery/reply', { from: BORA, text: 'hello' });
  assert.equal((await work.events({ least: 2 })).at(-1).from, BORA);
  await work.call('POST', '/fake/sessions/bakery/reply', { from_lid: '777@lid', text: 'STOP' });
  await until(async () => /worker_replies_without_number_total 1/.test((await work.get('/metrics')).body));
  assert.equal((await work.events()).length, 2);
});

test('numbers are checked, and where WhatsApp does not say, it is said so', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/set', { unregistered: [BORA] });
  assert.deepEqual((await work.call('POST', '/v1/sessions/bakery/numbers/check', { numbers: [AYSE, BORA] })).body.results, [{ number: AYSE, on_whatsapp: true }, { number: BORA, on_whatsapp: false }]);
  await work.trouble(['check_throws']);
  assert.deepEqual((await work.call('POST', '/v1/sessions/bakery/numbers/check', { numbers: [AYSE, BORA] })).body.results, [{ number: AYSE, on_whatsapp: null }, { number: BORA, on_whatsapp: false }]);
  await work.call('POST', '/v1/sessions/bakery/stop');
  assert.equal((await work.call('POST', '/v1/sessions/bakery/numbers/check', { numbers: [AYSE] })).body.error, 'not_ready');
});

test('groups: one that cannot be read does not keep the others from being read', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/groups', { groups: [
    { id: '120363025246125486@g.us', name: 'Class 3B parents', members: [{ number: AYSE, name: 'Ayşe' }, { number: null }] },
    { id: '120363025246125487@g.us', name: 'Choir', broken: true, members: [] },
    { id: '120363025246125488@g.us', name: 'Runners', members: [{ number: BORA }] },
  ] });
  assert.deepEqual((await work.get('/v1/sessions/bakery/groups')).body, { groups: [], at: null, refreshing: false });
  assert.equal((await work.get('/v1/sessions/bakery/groups?refresh=true')).body.refreshing, true);
  await until(async () => (await work.get('/v1/sessions/bakery/groups')).body.refreshing === false);
  const { groups, at } = (await work.get('/v1/sessions/bakery/groups')).body;
  assert.ok(at);
  assert.deepEqual(groups.map((/** @type {any} */ { name, size, error }) => [name, size, error]), [['Class 3B parents', 2, null], ['Choir', null, 'query_failed'], ['Runners', 1, null]]);
  const members = await work.get('/v1/sessions/bakery/group-members?group=120363025246125486@g.us');
  assert.deepEqual(members.body.members, [{ number: AYSE, name: 'Ayşe' }, { number: null, name: null }]);
  assert.deepEqual((await work.get('/v1/sessions/bakery/group-members?group=120363025246125487@g.us')).body.error, 'refused');
  assert.deepEqual((await work.get('/v1/sessions/bakery/group-members?group=120363025246125499@g.us')).body.error, 'no_group');
  assert.equal((await work.get('/v1/sessions/bakery/group-members?group=x')).status, 400);
});

test('a group is read when it is asked for first', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/groups', { groups: [{ id: '120363025246125486@g.us', name: 'Runners', members: [{ number: BORA }] }] });
  assert.deepEqual((await work.get('/v1/sessions/bakery/group-members?group=120363025246125486@g.us')).body.members, [{ number: BORA, name: null }]);
});

test('the log holds no text, no whole number and no token', async (t) => {
  /** @type {string[]} */
  const lines = [];
  const log = pino({ level: 'trace' }, new Writable({ write: (chunk, _, done) => { lines.push(String(chunk)); done(); } }));
  const work = await AtWork.begin(t, { log });
  await work.linked();
  await work.trouble(['throw', 'hang', 'refuse']);
  await work.send('k1', { to: AYSE, text: 'a secret recipe' });
  await work.state('bakery', 'ready');
  await work.send('k2', { to: AYSE, text: 'a secret recipe' }, { wait: 0 });
  await work.call('POST', '/fake/sessions/bakery/crash', { what: 'browser' });
  await work.state('bakery', 'ready');
  await work.send('k3', { to: AYSE, text: 'a secret recipe' });
  await work.call('POST', '/fake/sessions/bakery/set', { lids: true, hidden: ['905321112233@lid'] });
  await work.call('POST', '/fake/sessions/bakery/reply', { from_lid: '905321112233@lid', text: 'a secret answer' });
  work.worker.rejected(new Error(`no LID for ${AYSE.slice(1)}@c.us`), 'bakery');
  work.worker.rejected('905320000001@c.us is odd', undefined);
  await work.end();
  const all = lines.join('');
  assert.ok(lines.length > 5);
  for (const secret of ['secret', AYSE.slice(1), BAKERY.slice(1), '905321112233', 'a-token']) assert.ok(!all.includes(secret), secret);
});
