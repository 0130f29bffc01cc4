import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/system/clock.js';
import { killBrowsersIn, profiledIn, running } from '../../src/system/processes.js';
import { startStandin } from '../../standin/standin.js';
import { TOKEN, atEnd, folder, until } from './at_work.js';
import { WorkerProcess } from './process.js';

/** @typedef {import('node:test').TestContext} TestContext */

export const CHROMIUM = process.env.CHROMIUM_PATH ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();

/** Deadlines that suit a page on this machine. A library that is told too early that it is ready says so twice, and what waits to be sent fails in between. */
const NEAR = {
  WORKER_WATCH_SECONDS: '0.3', WORKER_START_GAP_SECONDS: '0', WORKER_BACKOFF_FIRST_SECONDS: '0', WORKER_MISSED_READY_SECONDS: '5', WORKER_PROBE_SECONDS: '5',
  WORKER_CHECK_SECONDS: '3', WORKER_SEND_SECONDS: '3', WORKER_SEND_MEDIA_SECONDS: '10', WORKER_INITIALIZE_SECONDS: '20', WORKER_DRAIN_SECONDS: '1', WORKER_CLOSE_SECONDS: '10',
};

/** What a worker needs from the environment to meet the stand-in. @param {import('../../standin/standin.js').Standin} standin @param {string} dataDir */
export function environment(standin, dataDir) {
  return { WORKER_TOKEN: TOKEN, WORKER_DATA_DIR: dataDir, WORKER_FAKE: '0', CHROMIUM_PATH: CHROMIUM, WORKER_CHROMIUM_ARGS: JSON.stringify(standin.chromiumArgs), ...NEAR };
}

/** The stand-in, and hands for it. */
export class Phones {
  /** @param {import('../../standin/standin.js').Standin} standin */
  constructor(standin) {
    this.standin = standin;
  }

  /** @param {TestContext} t */
  static async begin(t) {
    const standin = await startStandin();
    atEnd(t, () => standin.close());
    return new Phones(standin);
  }

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  async control(path, body) {
    const answer = await fetch(`${this.standin.controlUrl}/control/${path}`, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
    const found = /** @type {any} */ (await answer.json());
    if (!answer.ok) throw new Error(`${path}: ${found.error}`);
    return found;
  }

  /** What people got from that number, as "who: text". @param {string} from @param {number} [least] @returns {Promise<string[]>} */
  async got(from, least = 0) {
    const found = await this.control(`messages?from=${encodeURIComponent(from)}${least ? `&at_least=${least}&within_ms=5000` : ''}`);
    return found.map((/** @type {any} */ one) => `${one.to}: ${one.text}`);
  }
}

/** The processes of browsers whose profile lies in that data folder. @param {string} dataDir @returns {Promise<number[]>} */
export async function browsersIn(dataDir) {
  return profiledIn(await running(), join(dataDir, 'sessions')).map(({ pid }) => pid);
}

/**
 * A worker over real browsers and the stand-in, in a process of its own: the library fails where nobody waits, which would end this one.
 */
export class RealWork extends WorkerProcess {
  /** @type {Phones} */
  phones = /** @type {never} */ (null);
  dataDir = '';

  /** @param {TestContext} t @param {Phones} phones @param {{env?: Record<string, string>, dir?: string, cwd?: string}} [how] */
  static async start(t, phones, { env = {}, dir, cwd } = {}) {
    const dataDir = dir ?? (await folder(t));
    atEnd(t, () => killBrowsersIn(join(dataDir, 'sessions'), systemClock));
    const { child, port, log } = await WorkerProcess.begin(t, { ...environment(phones.standin, dataDir), ...env }, cwd);
    const work = new RealWork(child, port, log);
    return Object.assign(work, { phones, dataDir });
  }

  /** Starts the session, and scans its QR with that phone. @param {string} number @param {{lid?: boolean, id?: string}} [how] */
  async link(number, { lid = false, id = 'bakery' } = {}) {
    await this.call('PUT', `/v1/sessions/${id}`);
    await this.state('qr', { id });
    const { body } = await this.call('GET', `/v1/sessions/${id}/qr`);
    await this.phones.control('scan', { qr: body.qr, number, name: 'Bakery at the Pier', lid });
    return this.state('ready', { id });
  }

  /** Until the browser was replaced so often, and the session is ready again. @param {number} restarts */
  async readyAgain(restarts) {
    await until(async () => (await this.session()).restarts >= restarts, 'the browser was not replaced', 15_000);
    return this.state('ready');
  }

  async session() {
    return (await this.call('GET', '/v1/sessions/bakery')).body;
  }

  /** @returns {Promise<any[]>} */
  async events() {
    return (await this.call('GET', '/v1/sessions/bakery/events?after=0')).body.items;
  }

  /** Until such an event was told, so often. @param {(event: any) => boolean} fits @param {number} [count] @returns {Promise<any[]>} */
  async told(fits, count = 1) {
    /** @type {any[]} */
    let found = [];
    await until(async () => (found = (await this.events()).filter(fits)).length >= count, 'it was not told', 5000);
    return found;
  }

  /** @param {string} key */
  async message(key) {
    return (await this.call('GET', `/v1/sessions/bakery/messages/${key}`)).body;
  }

  /** @param {string} key @param {object} message @param {Buffer} bytes */
  sendFile(key, message, bytes) {
    const form = new FormData();
    form.append('message', JSON.stringify(message));
    form.append('file', new Blob([new Uint8Array(bytes)]), 'x');
    return this.call('POST', '/v1/sessions/bakery/messages?wait=10', form, { 'idempotency-key': key });
  }

  /** Loads the page anew, as WhatsApp Web does by itself when there is a newer one. */
  async reload() {
    const [port] = (await readFile(join(this.dataDir, 'sessions/bakery/profile/session/DevToolsActivePort'), 'utf8')).split('\n');
    const pages = /** @type {any[]} */ (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json());
    const socket = new WebSocket(pages.find(({ type }) => type === 'page').webSocketDebuggerUrl);
    await once(socket, 'open');
    socket.send(JSON.stringify({ id: 1, method: 'Page.reload' }));
    await once(socket, 'message');
    socket.close();
  }

  /** The processes of this worker's browsers. */
  browsers() {
    return browsersIn(this.dataDir);
  }
}
