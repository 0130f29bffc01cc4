import { join } from 'node:path';
import { FakeClient } from './client.js';
import { FakePhone } from './phone.js';

/** All phones and the WhatsApp of a worker that was started with WORKER_FAKE=1: nothing of it leaves this machine. */
export class FakeWhatsApp {
  /** @type {Map<string, FakePhone>} */
  #phones = new Map();
  #dir;
  #clock;
  /** What a send does whose trouble is to die. Replaced in tests that live in this process. */
  die = () => process.kill(process.pid, 'SIGKILL');
  /** @type {(client: FakeClient) => void} lets a test arrange a client before it starts */
  prepare = () => {};

  /**
   * @param {string} dir
   * @param {import('../system/clock.js').Clock} clock
   */
  constructor(dir, clock) {
    this.#dir = dir;
    this.#clock = clock;
  }

  /** @param {string} id the session's */
  phone(id) {
    let phone = this.#phones.get(id);
    if (!phone) {
      phone = new FakePhone(join(this.#dir, `${id}.json`));
      this.#phones.set(id, phone);
    }
    return phone;
  }

  /** @type {import('../client/port.js').MakeClient} */
  makeClient = ({ id, profileDir, on }) => {
    const client = new FakeClient(this.phone(id), { profileDir, on }, { now: () => this.#clock.now(), die: () => this.die() });
    this.prepare(client);
    return client;
  };
}
