import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../src/system/clock.js';
import { killBrowsersIn, memoryOf, profiledIn, removeProfileLocks, running, tree } from '../src/system/processes.js';
import { folder } from './support/at_work.js';

test('only a browser whose profile lies in the folder is ours', () => {
  const all = ['/data/sessions/a/profile', '/data/sessions', '/data/sessions-other/a', '/data', '/other/data/sessions/a', null].map((profile, pid) => ({ pid, parent: 1, profile }));
  assert.deepEqual(profiledIn(all, '/data/sessions').map(({ pid }) => pid), [0, 1]);
});

test('a process, and all that came of it', () => {
  const all = [[1, 0], [2, 1], [3, 2], [4, 2], [5, 4], [6, 1]].map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent), profile: null }));
  assert.deepEqual(tree(all, 2).sort(), [2, 3, 4, 5]);
});

/** Something that looks like a Chromium with that profile. @param {string} profile */
function looksLikeChromium(profile) {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'chromium', '--headless', `--user-data-dir=${profile}`, '--no-first-run'], { stdio: 'ignore' });
}

test('what a killed worker left running is killed, and nothing else; one that closes by itself is given its time', async (t) => {
  const dir = await folder(t);
  const inside = join(dir, 'sessions', 'a profile');
  await mkdir(inside, { recursive: true });
  const link = join(dir, 'link');
  await symlink(join(dir, 'sessions'), link);
  const ours = [looksLikeChromium(inside), looksLikeChromium(inside)];
  const other = looksLikeChromium(join(dir, 'sessions-of-somebody-else'));
  t.after(() => other.kill('SIGKILL'));
  for (const { pid } of [...ours, other]) {
    while (!(await running()).some((one) => one.pid === pid && one.profile !== null)) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(Number(await memoryOf(await running(), Number(other.pid))) > 1_000_000);
  const ended = ours.map((one) => once(one, 'exit'));
  ours[0]?.kill('SIGTERM');
  assert.equal(await killBrowsersIn(link, systemClock, 500), 1, 'the one that went by itself was not killed');
  assert.deepEqual((await Promise.all(ended)).map(([, signal]) => signal), ['SIGTERM', 'SIGKILL']);
  assert.equal(other.exitCode, null);
  assert.equal(await killBrowsersIn(join(dir, 'nowhere'), systemClock), 0);
});

test('Chromium’s locks are removed, and nothing else of the profile', async (t) => {
  const dir = await folder(t);
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) await symlink('another-host-12', join(dir, name));
  await writeFile(join(dir, 'Preferences'), '{}');
  await removeProfileLocks(dir);
  assert.equal(existsSync(join(dir, 'Preferences')), true);
  await symlink('again', join(dir, 'SingletonLock'));
});
