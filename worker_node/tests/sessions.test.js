import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { AtWork, AYSE, BAKERY, folder, until } from './support/at_work.js';

test('a QR is shown, scanned, and the session is ready under the phone’s number', async (t) => {
  const work = await AtWork.begin(t);
  const started = await work.call('PUT', '/v1/sessions/bakery');
  assert.equal(started.body.state, 'starting');
  const qr = await work.state('bakery', 'qr');
  const shown = await work.get('/v1/sessions/bakery/qr');
  assert.deepEqual([shown.body.rev, shown.body.qr.slice(0, 2)], [qr.rev, '2@']);
  await work.call('POST', '/fake/sessions/bakery/scan', { number: BAKERY, name: 'Bakery at the Pier' });
  const ready = await work.state('bakery', 'ready');
  assert.deepEqual([ready.number, ready.name, ready.reason, ready.restarts], [BAKERY, 'Bakery at the Pier', null, 0]);
  assert.equal((await work.get('/v1/sessions/bakery/qr')).body.error, 'no_qr');
  assert.deepEqual((await work.events({ least: 1 })).map(({ state }) => state), ['connected']);
});

test('each new QR is a new revision', async (t) => {
  const work = await AtWork.begin(t);
  await work.call('PUT', '/v1/sessions/bakery');
  const { rev } = await work.state('bakery', 'qr');
  const first = (await work.get('/v1/sessions/bakery/qr')).body.qr;
  work.fake.phone('bakery').client?.showQr();
  const { body } = await work.get(`/v1/sessions/bakery?rev=${rev}&wait=20`);
  assert.ok(body.rev > rev);
  assert.notEqual((await work.get('/v1/sessions/bakery/qr')).body.qr, first);
});

test('a pairing code is typed instead; asked for again, the same one is shown while it is good', async (t) => {
  const work = await AtWork.begin(t);
  await work.call('PUT', '/v1/sessions/bakery');
  const first = await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: BAKERY });
  assert.deepEqual([first.status, first.body.code], [200, 'FAKE4567']);
  assert.deepEqual(await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: BAKERY }), first);
  assert.equal((await work.state('bakery', 'code')).state, 'code');
  work.fake.phone('bakery').client?.showQr();
  assert.equal((await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: '+905321230000' })).body.code, 'FAKE0000');
  await work.call('POST', '/fake/sessions/bakery/type-code', { code: 'FAKE0000', number: BAKERY });
  await work.state('bakery', 'ready');
  const late = await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: BAKERY });
  assert.deepEqual([late.status, late.body.error], [409, 'not_linking']);
});

test('WhatsApp’s refusal of a pairing code is told', async (t) => {
  const work = await AtWork.begin(t);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'qr');
  await work.call('POST', '/fake/sessions/bakery/set', { unregistered: [AYSE] });
  const { status, body } = await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: AYSE });
  assert.deepEqual([status, body.error], [502, 'refused']);
  assert.equal((await work.get('/v1/sessions/bakery')).body.state, 'qr');
});

test('starting what runs changes nothing; ten starts at once are one browser', async (t) => {
  let clients = 0;
  const work = await AtWork.begin(t, { prepare: () => { clients += 1; } });
  await Promise.all(Array.from({ length: 10 }, () => work.call('PUT', '/v1/sessions/bakery')));
  await work.linked();
  const before = (await work.get('/v1/sessions/bakery')).body;
  assert.deepEqual((await work.call('PUT', '/v1/sessions/bakery')).body, before);
  assert.equal(clients, 1);
});

test('no more sessions than allowed; one that stops makes room', async (t) => {
  const work = await AtWork.begin(t, { env: { WORKER_MAX_SESSIONS: '2', WORKER_MAX_KNOWN_SESSIONS: '3' } });
  for (const id of ['a', 'b']) assert.equal((await work.call('PUT', `/v1/sessions/${id}`)).status, 200);
  const third = await work.call('PUT', '/v1/sessions/c');
  assert.deepEqual([third.status, third.body.error], [429, 'too_many_sessions']);
  assert.equal((await work.get('/v1/sessions/c')).status, 404, 'and it leaves nothing behind');
  await work.call('POST', '/v1/sessions/a/stop');
  assert.equal((await work.call('PUT', '/v1/sessions/c')).status, 200);
  await work.call('POST', '/v1/sessions/c/stop');
  assert.equal((await work.call('PUT', '/v1/sessions/d')).body.error, 'too_many_sessions');
});

test('stopped, and started again: still linked', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const stopped = await work.call('POST', '/v1/sessions/bakery/stop');
  assert.deepEqual([stopped.body.state, stopped.body.reason, stopped.body.number], ['stopped', 'stopped', BAKERY]);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'ready');
});

test('the phone of another number than the expected one is unlinked again, and nothing of it is read or sent', async (t) => {
  const dir = await folder(t);
  const written = { id: 'false_1@c.us_1', from: '905320000001@c.us', name: null, text: 'to somebody else', media: null, at: Date.now() };
  const first = await AtWork.begin(t, { dir });
  await first.call('PUT', '/v1/sessions/bakery', { number: BAKERY, listen_since: '2026-03-02T09:40:00.000Z' });
  await first.state('bakery', 'qr');
  await first.end();
  const work = await AtWork.begin(t, { dir, prepare: (client) => {
    const account = client.account.bind(client);
    client.account = async () => {
      client.sayAnyway('received', { ...written, id: 'false_1@c.us_2' });
      return account();
    };
  } });
  await work.state('bakery', 'qr');
  const phone = work.fake.phone('bakery');
  phone.change({ received: [written] });
  await work.call('POST', '/fake/sessions/bakery/scan', { number: '+905329999999' });
  const out = await work.state('bakery', 'logged_out');
  assert.deepEqual([out.reason, out.number, out.other_number], ['other_number', null, '+905329999999']);
  assert.deepEqual([phone.kept.linked, phone.client], [false, null]);
  assert.equal((await work.send('k', { to: AYSE, text: 'Hello' })).body.state, 'logged_out');
  assert.deepEqual((await work.events({ least: 1 })).map(({ kind, state, reason }) => [kind, state, reason]), [['account', 'unlinked', 'other_number']]);
  phone.change({ received: [] });
  const ready = await work.linked();
  assert.deepEqual([ready.number, ready.other_number, ready.reason], [BAKERY, null, null], 'what was expected is kept, and fits');
});

test('a page that does not say whose phone it is neither loses its link nor may send', async (t) => {
  let isSaid = false;
  const work = await AtWork.begin(t, { prepare: (client) => {
    const account = client.account.bind(client);
    client.account = async () => (isSaid ? account() : /** @type {any} */ ({ number: null, name: null }));
  } });
  await work.call('PUT', '/v1/sessions/bakery', { number: BAKERY });
  await work.state('bakery', 'qr');
  await work.call('POST', '/fake/sessions/bakery/scan', { number: BAKERY });
  await until(() => work.worker.session('bakery').status.reason === 'catch_up_failed');
  isSaid = true;
  assert.equal((await work.state('bakery', 'ready')).number, BAKERY);
});

test('a session that is up under another number than a start names is found out; under that number it is left as it is', async (t) => {
  const work = await AtWork.begin(t);
  const before = await work.linked();
  const same = (await work.call('PUT', '/v1/sessions/bakery', { number: BAKERY })).body;
  assert.deepEqual({ ...same, rev: 0 }, { ...before, rev: 0 });
  const other = await work.call('PUT', '/v1/sessions/bakery', { number: '+905329999999' });
  assert.deepEqual([other.body.state, other.body.reason], ['starting', 'other_number']);
  assert.equal((await work.send('k', { to: AYSE, text: 'Hello' })).body.error, 'not_ready');
  const out = await work.state('bakery', 'logged_out');
  assert.deepEqual([out.reason, out.other_number], ['other_number', BAKERY]);
});

test('a new session of a number that was linked before reads what people wrote meanwhile, before it may send', async (t) => {
  const work = await AtWork.begin(t);
  const unlinkedAt = Date.now() - 3_600_000;
  await work.call('PUT', '/v1/sessions/bakery', { number: BAKERY, listen_since: new Date(unlinkedAt).toISOString() });
  await work.state('bakery', 'qr');
  const phone = work.fake.phone('bakery');
  for (const [text, at] of /** @type {const} */ ([['long before', unlinkedAt - 7_200_000], ['STOP', unlinkedAt + 1000]])) {
    phone.reply({ from: phone.idOf(AYSE.slice(1)), name: null, text, media: null, at });
  }
  await work.linked();
  assert.deepEqual((await work.events({ least: 2 })).map(({ kind, text }) => [kind, text]), [['reply', 'STOP'], ['account', undefined]]);
  assert.equal((await work.send('k', { to: AYSE, text: 'Hello' })).body.reason, 'news_waiting');
});

for (const reason of ['LOGOUT', 'UNPAIRED']) {
  test(`the phone removes the link (${reason}): told, profile gone, and a new start shows a QR`, async (t) => {
    const work = await AtWork.begin(t);
    await work.linked();
    const { profileDir } = work.worker.session('bakery');
    assert.ok(existsSync(profileDir));
    await work.call('POST', '/fake/sessions/bakery/unlink', { reason });
    const out = await work.state('bakery', 'logged_out');
    assert.equal(out.reason, reason);
    await until(() => !existsSync(profileDir), 'the profile was not deleted');
    assert.deepEqual((await work.events({ least: 2 })).map(({ state }) => state), ['connected', 'unlinked']);
    await work.linked('bakery', '+905329999999');
    assert.equal((await work.send('k', { to: AYSE, text: 'again' })).body.state, 'server');
  });
}

test('unlinked while the worker was away: the QR that shows says so', async (t) => {
  const dir = await folder(t);
  const first = await AtWork.begin(t, { dir });
  await first.linked();
  await first.events({ least: 1 });
  await first.end();
  first.fake.phone('bakery').change({ linked: false });
  const second = await AtWork.begin(t, { dir });
  await second.state('bakery', 'logged_out');
  assert.deepEqual((await second.events({ least: 2 })).map(({ state }) => state), ['connected', 'unlinked']);
});

test('a logout unlinks at the phone and forgets the profile', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const { body } = await work.call('POST', '/v1/sessions/bakery/logout');
  assert.deepEqual([body.state, body.reason], ['logged_out', 'logout']);
  assert.equal(work.fake.phone('bakery').kept.linked, false);
  assert.equal(existsSync(work.worker.session('bakery').profileDir), false);
});

test('a logout of a stopped session forgets the profile, and says that the phone was not told', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/v1/sessions/bakery/stop');
  const { body } = await work.call('POST', '/v1/sessions/bakery/logout');
  assert.deepEqual([body.state, body.reason], ['logged_out', 'forgotten']);
  assert.equal(work.fake.phone('bakery').kept.linked, true);
});

test('a deleted session is gone with all it knew, also after a restart', async (t) => {
  const dir = await folder(t);
  const work = await AtWork.begin(t, { dir });
  await work.linked();
  await work.send('k1', { to: AYSE, text: 'Hello' });
  const { dir: where } = work.worker.session('bakery');
  assert.equal((await work.call('DELETE', '/v1/sessions/bakery')).status, 204);
  assert.equal(existsSync(where), false);
  assert.equal((await work.call('DELETE', '/v1/sessions/bakery')).status, 404);
  await work.end();
  const again = await AtWork.begin(t, { dir });
  assert.deepEqual((await again.get('/v1/sessions')).body.sessions, []);
});
