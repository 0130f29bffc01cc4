import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { AYSE, folder, until } from '../support/at_work.js';
import { Phones, RealWork } from '../support/chromium.js';

const BAKERY = '+905321234567';

/**
 * Kills the browser as if it had not come to write anything down: when it does is its own affair, and on a busy machine it has, often.
 *
 * @param {RealWork} work
 */
async function killUnwritten(work) {
  const pids = await work.browsers();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await rm(join(work.dataDir, 'sessions/bakery/profile/session/Default/Local Storage'), { recursive: true, maxRetries: 3 });
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

test('a pairing code links too; one that WhatsApp refuses is told to the caller (pitfall 1)', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('qr');
  await phones.control('behaviour', { pairing_code_fails: true });
  const refused = await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: BAKERY });
  assert.deepEqual([refused.status, refused.body.error], [502, 'refused']);
  await phones.control('behaviour', { pairing_code_fails: null });
  const { body } = await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: BAKERY });
  assert.match(body.code, /^[A-Z0-9]{8}$/);
  assert.deepEqual((await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: BAKERY })).body, body);
  await phones.control('pair', { code: body.code, number: BAKERY, name: 'Bakery' });
  assert.equal((await work.state('ready')).number, BAKERY);
});

test('an idle QR is refreshed (pitfall 4), and a QR that is replaced is shown anew', async (t) => {
  const phones = await Phones.begin(t);
  await phones.control('behaviour', { qr_rotation_s: 0.5, qr_refs: 2 });
  const work = await RealWork.start(t, phones);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('qr');
  const seen = new Set();
  await until(async () => {
    seen.add((await work.call('GET', '/v1/sessions/bakery/qr')).body.qr);
    await pause(30);
    return seen.size >= 4;
  }, 'no further QR');
  const { body } = await work.call('GET', '/v1/sessions/bakery/qr');
  await phones.control('behaviour', { qr_rotation_s: null, qr_refs: null });
  await phones.control('scan', { qr: body.qr, number: BAKERY, name: 'Bakery' }).catch(async () => {
    const { body: newer } = await work.call('GET', '/v1/sessions/bakery/qr');
    await phones.control('scan', { qr: newer.qr, number: BAKERY, name: 'Bakery' });
  });
  await work.state('ready');
});

test('the phone removes the link, either way: told, profile gone, browser gone, node alive; linked anew it stays linked (pitfalls 1 and 8)', async (t) => {
  const phones = await Phones.begin(t);
  const dir = await folder(t);
  const worker = await RealWork.start(t, phones, { dir });
  for (const [how, reason] of [['navigate', 'LOGOUT'], ['state', 'UNPAIRED']]) {
    await worker.link(BAKERY);
    await phones.control('unlink', { number: BAKERY, how });
    assert.equal((await worker.state('logged_out')).reason, reason);
    await until(async () => !existsSync(join(dir, 'sessions/bakery/profile')), 'the profile was not deleted');
    assert.deepEqual(await worker.browsers(), []);
  }
  const { items } = (await worker.call('GET', '/v1/sessions/bakery/events?after=0')).body;
  assert.deepEqual(items.map((/** @type {any} */ one) => one.state), ['connected', 'unlinked', 'connected', 'unlinked']);
  await worker.link(BAKERY);
  assert.equal(await worker.end('SIGTERM'), 0);
  const next = await RealWork.start(t, phones, { dir });
  assert.equal((await next.state('ready')).number, BAKERY);
  assert.equal((await next.send('k', { to: AYSE, text: 'again' })).status, 200);
  await next.call('POST', '/v1/sessions/bakery/stop');
  await phones.control('unlink', { number: BAKERY, how: 'navigate' });
  await next.call('PUT', '/v1/sessions/bakery');
  assert.equal((await next.state('logged_out')).reason, 'UNPAIRED', 'unlinked while no browser ran: the QR that shows says so');
});

test('Chromium is killed right after linking, before it wrote the link down: told, and linked anew it stays linked (pitfall 8)', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones);
  await work.link(BAKERY);
  await killUnwritten(work);
  const out = await work.state('logged_out');
  assert.deepEqual([out.reason, out.number], ['UNPAIRED', BAKERY]);
  const told = await work.told(({ kind, state }) => kind === 'account' && state === 'unlinked');
  assert.deepEqual((await work.events()).map(({ state, reason }) => [state, reason]), [['connected', null], ['offline', 'browser_gone'], ['unlinked', 'UNPAIRED']]);
  assert.equal(told.length, 1);
  assert.equal((await work.send('early', { to: AYSE, text: 'Hello' })).body.error, 'not_ready');
  await work.link(BAKERY);
  assert.notEqual((await work.send('k', { to: AYSE, text: 'Hello' })).body.state, 'failed');
  // The phone does not know that the first link is lost.
  const devices = (await phones.control('accounts')).flatMap((/** @type {any} */ account) => account.devices);
  assert.deepEqual(devices.map((/** @type {any} */ { connected }) => connected), [false, true]);
  await work.call('POST', '/v1/sessions/bakery/stop');
  await work.call('PUT', '/v1/sessions/bakery');
  assert.equal((await work.state('ready')).number, BAKERY);
});

test('a logout unlinks at the phone', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones);
  await work.link(BAKERY);
  const { body } = await work.call('POST', '/v1/sessions/bakery/logout');
  assert.deepEqual([body.state, body.reason], ['logged_out', 'logout']);
  assert.deepEqual((await phones.control('accounts')).flatMap((/** @type {any} */ account) => account.devices), []);
  assert.deepEqual(await work.browsers(), []);
});

for (const state of ['TOS_BLOCK', 'PROXYBLOCK']) {
  test(`WhatsApp closes the account (${state}): restricted, and no browser left`, async (t) => {
    const phones = await Phones.begin(t);
    const work = await RealWork.start(t, phones);
    await work.link(BAKERY);
    await phones.control('behaviour', { number: BAKERY, restricted: state });
    assert.equal((await work.state('restricted')).reason, state);
    await until(async () => (await work.browsers()).length === 0);
    await work.call('PUT', '/v1/sessions/bakery');
    await work.state('starting');
    assert.equal((await work.state('restricted')).reason, state, 'also at a start under it');
  });
}

test('another phone than the expected one is unlinked again at that phone; the right one may be linked then', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones);
  const link = async (/** @type {string} */ number) => {
    await work.state('qr');
    const { body } = await work.call('GET', '/v1/sessions/bakery/qr');
    await phones.control('scan', { qr: body.qr, number, name: 'Bakery' });
  };
  await work.call('PUT', '/v1/sessions/bakery', { number: BAKERY });
  await link('+905329999999');
  const out = await work.state('logged_out');
  assert.deepEqual([out.reason, out.other_number], ['other_number', '+905329999999']);
  assert.deepEqual(await work.browsers(), []);
  assert.deepEqual((await phones.control('accounts')).flatMap((/** @type {any} */ account) => account.devices), []);
  assert.deepEqual((await work.events()).map(({ state }) => state), ['unlinked']);
  await work.call('PUT', '/v1/sessions/bakery');
  await link(BAKERY);
  assert.equal((await work.state('ready')).number, BAKERY);
});
