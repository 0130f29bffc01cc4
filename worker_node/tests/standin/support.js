import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import whatsapp from 'whatsapp-web.js';

import { startStandin } from '../../standin/standin.js';

const { Client, LocalAuth } = whatsapp;

/** @typedef {InstanceType<typeof Client>} WebClient */

const DEADLINE_MS = 10_000;

/** Receipts so far apart that a page under load does not take two for one, for `control.post('behaviour')`. */
export const SLOWLY = { server_ack_ms: 250, delivered_ms: 250, read_ms: 250 };

const CHROMIUM_ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

/**
 * @template T
 * @param {Promise<T>} awaited
 * @param {string} what
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
export function within(awaited, what, ms = DEADLINE_MS) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms);
  });
  return Promise.race([awaited, /** @type {Promise<never>} */ (late)]).finally(() => clearTimeout(timer));
}

/**
 * The first event of that name whose arguments are the ones looked for.
 *
 * @param {import('node:events').EventEmitter} source
 * @param {string} name
 * @param {(...args: any[]) => boolean} [fits]
 * @returns {Promise<any[]>}
 */
export function event(source, name, fits = () => true) {
  /** @type {(...args: any[]) => void} */
  let listener = () => {};
  const found = new Promise((resolve) => {
    listener = (...args) => {
      if (fits(...args)) resolve(args);
    };
    source.on(name, listener);
  });
  return within(/** @type {Promise<any[]>} */ (found), `event "${name}"`).finally(() => source.off(name, listener));
}

/**
 * Asks again and again until the answer is the one waited for.
 *
 * @template T
 * @param {() => Promise<T> | T} ask
 * @param {(answer: T) => boolean} fits
 * @returns {Promise<T>}
 */
export async function until(ask, fits) {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${DEADLINE_MS} ms`);
    await new Promise((again) => setTimeout(again, 20));
  }
}

/** @param {string} url */
export function controlOf(url) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [given]
   */
  async function call(method, path, given) {
    const response = await fetch(`${url}/control/${path}`, { method, ...(given ? { body: JSON.stringify(given) } : {}) });
    const answer = await response.json();
    return { status: response.status, answer };
  }
  /** @param {string} path @param {object} [given] @returns {Promise<any>} */
  async function post(path, given = {}) {
    const { status, answer } = await call('POST', path, given);
    if (status !== 200) throw new Error(`${path}: ${status} ${answer.error}`);
    return answer;
  }
  /** @param {string} path @returns {Promise<any>} */
  const get = async (path) => (await call('GET', path)).answer;
  /** @param {string} number @param {number} least @returns {Promise<any[]>} */
  const sentBy = (number, least) => get(`messages?from=${encodeURIComponent(number)}&at_least=${least}&within_ms=${DEADLINE_MS}`);
  return { call, post, get, sentBy };
}

/** Temporary profiles, and the browsers that run in them. */
export class Browsers {
  /** @type {WebClient[]} */
  #clients = [];
  /** @type {Map<WebClient, Promise<void>>} */
  #injecting = new Map();
  /** @type {string[]} */
  #profiles = [];

  /** @param {{chromiumArgs: string[]}} standin */
  constructor(standin) {
    this.standin = standin;
  }

  async newProfile() {
    const path = await mkdtemp(join(tmpdir(), 'standin-profile-'));
    this.#profiles.push(path);
    return path;
  }

  /**
   * @param {string} profile
   * @param {Record<string, unknown>} [options]
   * @returns {WebClient}
   */
  client(profile, options = {}) {
    const client = new Client({
      authStrategy: new LocalAuth({ dataPath: profile }),
      webVersionCache: { type: 'none' },
      puppeteer: {
        executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
        args: [...CHROMIUM_ARGS, ...this.standin.chromiumArgs],
        protocolTimeout: 20_000,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      },
      ...options,
    });
    this.#clients.push(client);
    this.#watchInjections(client);
    return client;
  }

  /**
   * After a navigation the library looks into the page anew, and nobody awaits that: a browser that is closed meanwhile gives a rejection
   * nobody handles, which would fail the test. So whoever closes a browser waits for it.
   *
   * @param {any} client
   */
  #watchInjections(client) {
    const inject = client.inject.bind(client);
    client.inject = () => {
      const injecting = inject();
      this.#injecting.set(client, injecting.catch(() => {}));
      return injecting;
    };
  }

  /** @param {WebClient} client */
  async close(client) {
    await within(Promise.resolve(this.#injecting.get(client)), 'end of the injection', 5000).catch(() => {});
    const browser = client.pupBrowser?.process();
    await within(client.destroy(), 'end of the browser', 5000).catch(() => {});
    killWithChildren(browser?.pid);
  }

  async closeAll() {
    await Promise.all(this.#clients.map((client) => this.close(client)));
    for (const path of this.#profiles) await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Its children too: they would go on writing into a profile that is removed already. Puppeteer gives every browser a process group.
 *
 * @param {number | undefined} pid
 */
function killWithChildren(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Kills a browser the hard way: nothing is flushed, nobody is told.
 *
 * @param {WebClient} client
 */
export async function killBrowser(client) {
  const gone = new Promise((done) => client.pupBrowser?.once('disconnected', done));
  killWithChildren(client.pupBrowser?.process()?.pid);
  await within(gone, 'death of the browser');
}


/**
 * A stand-in, and a browser that is linked to an account in it.
 */
export class LinkedAccount {
  /**
   * @param {string} number
   * @param {{lid?: boolean}} [how]
   */
  static async start(number, { lid = false } = {}) {
    const standin = await startStandin();
    const browsers = new Browsers(standin);
    const profile = await browsers.newProfile();
    const linked = new LinkedAccount(standin, browsers, profile, number);
    const shown = event(linked.client, 'qr');
    await within(linked.client.initialize(), 'start');
    const [qr] = await shown;
    const ready = event(linked.client, 'ready');
    await linked.control.post('scan', { qr, number, name: 'Ada', lid });
    await ready;
    return linked;
  }

  /**
   * @param {Awaited<ReturnType<typeof startStandin>>} standin
   * @param {Browsers} browsers
   * @param {string} profile
   * @param {string} number
   */
  constructor(standin, browsers, profile, number) {
    this.standin = standin;
    this.control = controlOf(standin.controlUrl);
    this.browsers = browsers;
    this.profile = profile;
    this.number = number;
    this.client = browsers.client(profile);
  }

  /** @param {string} what @returns {Promise<any>} one of the control API's lists about this account */
  list(what) {
    return this.control.get(`${what}?from=${encodeURIComponent(this.number)}`);
  }

  /** @returns {Promise<number>} how many messages the server has from the account now */
  async taken() {
    return (await this.list('messages')).length;
  }

  /** @param {number} already @returns {Promise<any>} the next message the server takes */
  async next(already) {
    return (await this.control.sentBy(this.number, already + 1))[already];
  }

  /** @param {string} body @param {number} ack @returns {Promise<any[]>} the library's event that says so */
  acked(body, ack) {
    return event(this.client, 'message_ack', (message, got) => got === ack && message.body === body);
  }

  /** Starts the browser of the profile, which is closed, and waits for `ready`. */
  async open() {
    this.client = this.browsers.client(this.profile);
    const ready = event(this.client, 'ready');
    await within(this.client.initialize(), 'start');
    await ready;
  }

  close() {
    return this.browsers.close(this.client);
  }

  async end() {
    await this.browsers.closeAll();
    await this.standin.close();
  }
}
