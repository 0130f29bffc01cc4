import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AYSE, TOKEN, folder, until } from '../support/at_work.js';
import { Phones, RealWork, browsersIn, environment } from '../support/chromium.js';

const BAKERY = '+905321234567';

test('node is killed in the middle of a send: its browsers are found and killed at the next start, the link is kept, a foreign lock is no hindrance (pitfall 6), and nobody gets it twice', async (t) => {
  const phones = await Phones.begin(t);
  const dir = await folder(t);
  const first = await RealWork.start(t, phones, { dir });
  await first.link(BAKERY);
  // A link is written to disk late; closed in order once, it is kept whatever happens later.
  await first.call('POST', '/v1/sessions/bakery/stop');
  await first.call('PUT', '/v1/sessions/bakery');
  await first.state('ready');
  await phones.control('behaviour', { number: BAKERY, send_never_resolves: true });
  const sending = first.send('k1', { to: AYSE, text: 'one' }).catch(() => undefined);
  await phones.got(BAKERY, 1);
  await first.end('SIGKILL');
  await sending;
  const orphans = await first.browsers();
  assert.ok(orphans.length > 0, 'they outlive node: that is the fault');
  const lock = join(dir, 'sessions/bakery/profile/session/SingletonLock');
  await rm(lock, { force: true });
  await symlink('another-host-4711', lock);
  await phones.control('behaviour', { number: BAKERY, send_never_resolves: null });
  const second = await RealWork.start(t, phones, { dir });
  await second.state('ready');
  assert.ok((await second.browsers()).every((pid) => !orphans.includes(pid)));
  await second.becomes('k1', ['server', 'delivered', 'read']);
  assert.ok(['server', 'delivered', 'read'].includes((await second.send('k1', { to: AYSE, text: 'one' })).body.state));
  assert.notEqual((await second.send('k2', { to: AYSE, text: 'two' })).body.state, 'failed');
  assert.deepEqual(await phones.got(BAKERY, 2), [`${AYSE}: one`, `${AYSE}: two`]);
});

test('Chromium does not see the token, nor anything else that it has no need of', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones, { env: { DATABASE_URL: 'a-secret-address' } });
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('qr');
  const seen = await Promise.all((await work.browsers()).map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  assert.ok(seen.some((environ) => environ.includes(`PATH=${process.env.PATH}`)));
  for (const secret of [TOKEN, 'a-secret-address']) assert.ok(seen.every((environ) => !environ.includes(secret)), secret);
});

test('a signal ends node and every browser, while one is only just being launched too (pitfall 7)', async (t) => {
  const phones = await Phones.begin(t);
  for (const wait of [0, 400]) {
    const work = await RealWork.start(t, phones);
    await work.call('PUT', '/v1/sessions/bakery');
    await pause(wait);
    assert.equal(await work.end('SIGTERM'), 0);
    assert.deepEqual(await work.browsers(), []);
  }
});

test('the parent is killed with -9: no Chromium stays behind', async (t) => {
  const phones = await Phones.begin(t);
  const dir = await folder(t);
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const parent = spawn(process.execPath, ['-e', `
    const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(main)}], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdout.pipe(process.stdout);
    setInterval(() => {}, 1000);
  `], { env: { ...process.env, ...environment(phones.standin, dir), WORKER_PORT: '0', WORKER_STOP_WITH_PARENT: '1' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(/** @type {import('node:stream').Readable} */ (parent.stdout), 'data');
  const { listening } = JSON.parse(String(line));
  const work = new RealWork(parent, listening, () => '');
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('qr');
  assert.ok((await browsersIn(dir)).length > 0);
  parent.kill('SIGKILL');
  await until(async () => (await browsersIn(dir)).length === 0, 'Chromium was left running', 10_000);
});
