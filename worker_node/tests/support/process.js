import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TOKEN, atEnd } from './at_work.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** A worker in a process of its own, called over the network as MassSender does. */
export class WorkerProcess {
  /** @param {import('node:child_process').ChildProcess} child @param {number} port @param {() => string} log */
  constructor(child, port, log) {
    this.child = child;
    this.port = port;
    this.log = log;
  }

  /**
   * @param {import('node:test').TestContext} t
   * @param {Record<string, string>} env
   * @param {string} [cwd]
   */
  static async begin(t, env, cwd) {
    const { child, log } = launch(t, env, cwd);
    const port = await new Promise((resolve, reject) => {
      createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) }).once('line', (line) => resolve(JSON.parse(line).listening));
      child.once('exit', (code) => reject(new Error(`the worker ended with ${code}: ${log()}`)));
    });
    return new WorkerProcess(child, port, log);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   */
  async call(method, path, body, headers = {}) {
    const isForm = body instanceof FormData;
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** The bytes that are answered. @param {string} path */
  async bytes(path) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Until the session is in that state. @param {string} wanted @param {{id?: string, ms?: number}} [how] */
  async state(wanted, { id = 'bakery', ms = 20_000 } = {}) {
    const end = Date.now() + ms;
    let { body } = await this.call('GET', `/v1/sessions/${id}`);
    while (body.state !== wanted) {
      if (Date.now() > end) throw new Error(`${id} is ${body.state} (${body.reason}), not ${wanted}\n${this.log()}`);
      ({ body } = await this.call('GET', `/v1/sessions/${id}?rev=${body.rev}&wait=2`));
    }
    return body;
  }

  /** @param {string} key @param {object} message @param {{id?: string, wait?: number}} [how] */
  send(key, message, { id = 'bakery', wait = 10 } = {}) {
    return this.call('POST', `/v1/sessions/${id}/messages?wait=${wait}`, message, { 'idempotency-key': key });
  }

  /** What becomes of a message at last. @param {string} key @param {string[]} wanted @param {number} [ms] */
  async becomes(key, wanted, ms = 20_000) {
    const end = Date.now() + ms;
    for (;;) {
      const { body } = await this.call('GET', `/v1/sessions/bakery/messages/${key}`);
      if (wanted.includes(body.state)) return body;
      if (Date.now() > end) throw new Error(`${key} is ${body.state} (${body.reason}), not ${wanted}\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal) {
    const ended = this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : Promise.resolve([this.child.exitCode]);
    this.child.kill(signal);
    const [code] = await ended;
    return code;
  }

  get hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** @param {import('node:test').TestContext} t @param {Record<string, string>} env @param {string} [cwd] */
export function launch(t, env, cwd) {
  const child = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', WORKER_PORT: '0', WORKER_TOKEN: TOKEN, WORKER_FAKE: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + String(chunk)).slice(-4000);
  });
  atEnd(t, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(late);
  });
  return { child, log: () => said };
}
