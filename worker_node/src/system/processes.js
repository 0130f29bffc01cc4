import { readFile, readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pause } from './clock.js';

/**
 * What runs on this machine, read from /proc. Where there is none (not Linux), nothing is found and nothing is killed.
 *
 * @typedef {{pid: number, parent: number, profile: string | null}} Running
 */

/** Enough for any grace, and an end all the same. */
const MOST_ROUNDS = 1000;

/** @returns {Promise<Running[]>} */
export async function running() {
  const names = await readdir('/proc').catch(() => []);
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => look(Number(name))));
  return found.filter((one) => one !== null);
}

/** @param {number} pid @returns {Promise<Running | null>} */
async function look(pid) {
  try {
    const [stat, cmdline] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return null;
    const given = /(?:^|\0| )--user-data-dir=([^\0]*)/.exec(cmdline)?.[1];
    return { pid, parent: Number(parent), profile: given ? (given.split(' --')[0] ?? null) : null };
  } catch {
    return null;
  }
}

/** The process and all that came of it. @param {Running[]} all @param {number} pid */
export function tree(all, pid) {
  const pids = [pid];
  for (let n = 0; n < pids.length; n += 1) {
    for (const one of all) if (one.parent === pids[n] && !pids.includes(one.pid)) pids.push(one.pid);
  }
  return pids;
}

/** Those whose profile is this folder, or lies in it. @param {Running[]} all @param {string} dir absolute, without links */
export function profiledIn(all, dir) {
  return all.filter(({ profile }) => profile !== null && (profile === dir || profile.startsWith(dir + sep)));
}

/**
 * Waits until no browser runs whose profile lies in the folder, and after `grace` kills those that do.
 * @param {string} dir
 * @param {import('./clock.js').Clock} clock
 * @param {number} [grace] milliseconds: a browser that closes writes its storage first, the link to the phone included
 * @returns {Promise<number>} how many processes were killed
 */
export async function killBrowsersIn(dir, clock, grace = 0) {
  const real = await realpath(dir).catch(() => null);
  if (real === null) return 0;
  const killed = new Set();
  const begin = clock.now();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const all = await running();
    const there = new Set([...profiledIn(all, real), ...profiledIn(all, dir)].flatMap(({ pid }) => tree(all, pid)));
    if (there.size === 0) break;
    if (clock.now() - begin >= grace) {
      for (const pid of there) {
        killed.add(pid);
        kill(pid);
      }
    }
    await pause(clock, 50);
  }
  return killed.size;
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}

/**
 * Chromium's own locks on a profile. One left by a killed container names another host, and Chromium then refuses to start. Only to be
 * called by whoever holds the data folder, after its browsers are dead.
 * @param {string} profile
 */
export async function removeProfileLocks(profile) {
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) await rm(join(profile, name), { force: true });
}

/**
 * Memory of a process and all that came of it, in bytes: PSS, which counts shared pages once, or RSS where PSS may not be read.
 * @param {Running[]} all
 * @param {number} pid
 * @returns {Promise<number | null>}
 */
export async function memoryOf(all, pid) {
  const each = await Promise.all(tree(all, pid).map(memoryOfOne));
  const known = each.filter((bytes) => bytes !== null);
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

/** @param {number} pid @returns {Promise<number | null>} */
async function memoryOfOne(pid) {
  const pss = await kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m);
  return pss ?? kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m);
}

/** @param {string} path @param {RegExp} line */
async function kilobytes(path, line) {
  const text = await readFile(path, 'utf8').catch(() => '');
  const found = line.exec(text)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}
