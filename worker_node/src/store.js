import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { Mutex } from './system/mutex.js';

/** @typedef {import('./session/status.js').Kept} Kept */

/** Another worker has this data folder. */
export class DataDirInUse extends Error {}

/**
 * What the worker remembers of its sessions. Its database is also the lock on the data folder: the system gives it to one process, and
 * takes it back when that process is killed.
 */
export class Store {
  /** @type {ClassicLevel<string, any>} */
  #db;
  #line = new Mutex();

  /** @param {ClassicLevel<string, any>} db */
  constructor(db) {
    this.#db = db;
  }

  /** @param {string} dataDir */
  static async open(dataDir) {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    /** @type {ClassicLevel<string, any>} */
    const db = new ClassicLevel(join(dataDir, 'worker'), { valueEncoding: 'json' });
    try {
      await db.open();
    } catch (error) {
      const cause = /** @type {{cause?: {code?: string}}} */ (error).cause;
      if (cause?.code === 'LEVEL_LOCKED') throw new DataDirInUse('Another worker uses this data folder.', { cause: error });
      throw error;
    }
    return new Store(db);
  }

  /** @returns {Promise<[string, Kept][]>} */
  async sessions() {
    /** @type {[string, Kept][]} */
    const found = [];
    for await (const [key, kept] of this.#db.iterator({ gt: 's!', lt: 's"' })) found.push([key.slice(2), kept]);
    return found;
  }

  /** @param {string} id @param {Kept} kept */
  keep(id, kept) {
    return this.#line.run(() => this.#db.put(`s!${id}`, kept, { sync: true }));
  }

  /** From here on the session is to be forgotten, also if the worker dies while doing so. @param {string} id */
  forgetting(id) {
    return this.#line.run(() => this.#db.batch([{ type: 'put', key: `d!${id}`, value: 1 }, { type: 'del', key: `s!${id}` }], { sync: true }));
  }

  /** @param {string} id */
  forgotten(id) {
    return this.#line.run(() => this.#db.del(`d!${id}`, { sync: true }));
  }

  /** Those that were being forgotten when the worker died. @returns {Promise<string[]>} */
  async halfForgotten() {
    const found = [];
    for await (const key of this.#db.keys({ gt: 'd!', lt: 'd"' })) found.push(key.slice(2));
    return found;
  }

  async close() {
    await this.#line.run(() => this.#db.close());
  }
}
