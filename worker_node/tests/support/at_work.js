import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { FakeWhatsApp } from '../../src/fake/fake.js';
import { buildApp } from '../../src/http/app.js';
import { settingsFrom } from '../../src/settings.js';
import { systemClock } from '../../src/system/clock.js';
import { Worker } from '../../src/worker.js';

/**
 * @typedef {import('node:test').TestContext} TestContext
 * @typedef {import('../../src/system/clock.js').Clock} Clock
 * @typedef {{status: number, body: any}} Answer
 */

export const TOKEN = 'a-token-that-is-long-enough-for-the-worker';
export const BAKERY = '+905321234567';
export const AYSE = '+905320000001';
export const BORA = '+905320000002';

/** No waiting where a test has nothing to wait for. */
const QUICK = { WORKER_START_GAP_SECONDS: '0', WORKER_BACKOFF_FIRST_SECONDS: '0', WORKER_APPEAR_SECONDS: '0.05', WORKER_DRAIN_SECONDS: '0.2', WORKER_CLOSE_SECONDS: '1' };

/** @type {WeakMap<TestContext, (() => unknown)[]>} */
const ENDINGS = new WeakMap();

/** What is done after the test, the last first: a folder is deleted after the worker that uses it has ended. @param {TestContext} t @param {() => unknown} end */
export function atEnd(t, end) {
  const known = ENDINGS.get(t);
  if (known) {
    known.push(end);
    return;
  }
  const endings = [end];
  ENDINGS.set(t, endings);
  t.after(async () => {
    for (const one of endings.reverse()) await one();
  });
}

/** A folder that is gone after the test. @param {TestContext} t */
export async function folder(t) {
  const dir = await mkdtemp(join(tmpdir(), 'masssender-worker-'));
  atEnd(t, () => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

/** A worker over the fake, called without a network. */
export class AtWork {
  /** @param {Worker} worker @param {import('fastify').FastifyInstance} app @param {FakeWhatsApp} fake */
  constructor(worker, app, fake) {
    this.worker = worker;
    this.app = app;
    this.fake = fake;
  }

  /**
   * @param {TestContext} t
   * @param {{env?: Record<string, string>, clock?: Clock, dir?: string, log?: import('pino').Logger, prepare?: FakeWhatsApp['prepare']}} [how]
   */
  static async begin(t, { env = {}, clock = systemClock, dir, log = pino({ level: 'silent' }), prepare } = {}) {
    const dataDir = dir ?? (await folder(t));
    const settings = settingsFrom({ WORKER_TOKEN: TOKEN, WORKER_DATA_DIR: dataDir, WORKER_FAKE: '1', ...QUICK, ...env });
    const fake = new FakeWhatsApp(join(dataDir, 'fake'), clock);
    if (prepare) fake.prepare = prepare;
    const worker = await Worker.open({ settings, clock, log, makeClient: fake.makeClient });
    const app = await buildApp({ worker, log, fake });
    const work = new AtWork(worker, app, fake);
    atEnd(t, () => work.end());
    return work;
  }

  #ended = false;

  async end() {
    if (this.#ended) return;
    this.#ended = true;
    await this.worker.stop();
    await this.app.close();
    await this.worker.close();
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Answer>}
   */
  async call(method, url, body, headers = {}) {
    const answer = await this.app.inject({
      method: /** @type {'GET'} */ (method), url, headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body === undefined ? {} : { payload: /** @type {object} */ (body) }),
    });
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.statusCode, body: isJson && answer.body !== '' ? answer.json() : answer.body };
  }

  /** @param {string} url */
  get(url) {
    return this.call('GET', url);
  }

  /** Until the session is in that state. @param {string} id @param {string} wanted */
  async state(id, wanted) {
    const { status } = this.worker.session(id);
    const found = await status.bell.until(systemClock, 3000, () => (status.state === wanted ? true : undefined));
    if (!found) throw new Error(`${id} is ${status.state} (${status.reason}), not ${wanted}`);
    return (await this.get(`/v1/sessions/${id}`)).body;
  }

  /** A session whose phone has scanned the QR. @param {string} [id] @param {string} [number] */
  async linked(id = 'bakery', number = BAKERY) {
    await this.call('PUT', `/v1/sessions/${id}`);
    await this.state(id, 'qr');
    const { events } = this.worker.session(id).journal;
    const { last } = events;
    await this.call('POST', `/fake/sessions/${id}/scan`, { number, name: 'Bakery at the Pier' });
    const ready = await this.state(id, 'ready');
    // The event that tells of it comes right after.
    await events.bell.until(systemClock, 3000, () => (events.last > last ? true : undefined));
    return ready;
  }

  /** Lets time pass on a machine that is awake. @param {import('./clock.js').ManualClock} clock @param {number} ms */
  async pass(clock, ms) {
    for (let left = ms; left > 0; left -= 60_000) {
      clock.advance(Math.min(left, 60_000));
      for (let n = 0; n < 40; n += 1) await new Promise((resolve) => setImmediate(resolve));
      await this.worker.tick();
    }
  }

  /** @param {string} key @param {object} message @param {{id?: string, wait?: number}} [how] */
  send(key, message, { id = 'bakery', wait = 5 } = {}) {
    return this.call('POST', `/v1/sessions/${id}/messages?wait=${wait}`, message, { 'idempotency-key': key });
  }

  /** @param {string} key @param {object} message @param {Buffer | string} bytes @param {{id?: string, fields?: [string, string][]}} [how] */
  sendFile(key, message, bytes, { id = 'bakery', fields } = {}) {
    const form = new FormData();
    for (const [name, value] of fields ?? [['message', JSON.stringify(message)]]) form.append(name, value);
    form.append('file', new Blob([/** @type {any} */ (bytes)]), 'x');
    return this.call('POST', `/v1/sessions/${id}/messages?wait=5`, form, { 'idempotency-key': key });
  }

  /** @param {string} key @param {string} [id] */
  async message(key, id = 'bakery') {
    return (await this.get(`/v1/sessions/${id}/messages/${key}`)).body;
  }

  /** What becomes of a message at last. @param {string} key @param {string} wanted @param {string} [id] */
  async becomes(key, wanted, id = 'bakery') {
    const { journal } = this.worker.session(id);
    const found = await journal.bell.until(systemClock, 3000, async () => ((await journal.get(key))?.state === wanted ? true : undefined));
    const now = await this.message(key, id);
    if (!found) throw new Error(`${key} is ${now.state} (${now.reason}), not ${wanted}`);
    return now;
  }

  /** @param {string[]} troubles @param {string} [id] */
  trouble(troubles, id = 'bakery') {
    return this.call('POST', `/fake/sessions/${id}/next-sends`, { troubles });
  }

  /** What people got, as "who: text". @param {string} [id] @returns {Promise<string[]>} */
  async got(id = 'bakery') {
    const { body } = await this.get(`/fake/sessions/${id}/got`);
    return body.messages.map((/** @type {{to: string, text: string}} */ one) => `${one.to}: ${one.text}`);
  }

  /** Events after the cursor (by itself: all that are kept), waiting for at least so many. @param {{id?: string, after?: number, least?: number}} [how] @returns {Promise<any[]>} */
  async events({ id = 'bakery', after = 0, least = 0 } = {}) {
    const { journal } = this.worker.session(id);
    await journal.events.bell.until(systemClock, 3000, async () => ((await journal.events.after(after, least)).length >= least ? true : undefined));
    return (await this.get(`/v1/sessions/${id}/events?after=${after}`)).body.items;
  }
}

/**
 * A call of the page that waits, while it is shut, before it is made; or, where it is `late`, made already, before the answer comes.
 * @param {'numberId' | 'receivedSince' | 'send'} question
 * @param {{late?: boolean}} [how]
 */
export function gated(question, { late = false } = {}) {
  const gate = {
    /** How often it was made since it was shut. */
    calls: 0,
    open: () => {},
    shut: () => {
      gate.calls = 0;
      shut = new Promise((resolve) => {
        gate.open = () => resolve(undefined);
      });
    },
    /** @type {FakeWhatsApp['prepare']} */
    prepare: (client) => {
      const ask = /** @type {(...asked: any[]) => Promise<any>} */ (client[question]).bind(client);
      client[question] = async (/** @type {any[]} */ ...asked) => {
        if (!late) {
          gate.calls += 1;
          await shut;
          return ask(...asked);
        }
        const answer = await ask(...asked);
        gate.calls += 1;
        await shut;
        return answer;
      };
    },
  };
  /** @type {Promise<unknown> | null} */
  let shut = null;
  return gate;
}

/** Waits until it is so, for what no bell tells of. @param {() => unknown} look */
export async function until(look, what = 'it never came to be', ms = 3000) {
  const end = Date.now() + ms;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(what);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
