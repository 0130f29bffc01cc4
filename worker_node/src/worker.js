import { access, constants, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from './errors.js';
import { Journal } from './journal/journal.js';
import { Metrics } from './metrics.js';
import { settleAfterRestart } from './session/recovery.js';
import { Session } from './session/session.js';
import { Status, newlyMade } from './session/status.js';
import { Store } from './store.js';
import { facts } from './system/log.js';
import { Mutex } from './system/mutex.js';
import { killBrowsersIn, memoryOf, running } from './system/processes.js';

/**
 * @typedef {object} Parts
 * @property {import('./settings.js').Settings} settings
 * @property {import('./system/clock.js').Clock} clock
 * @property {import('./system/log.js').Logger} log
 * @property {import('./client/port.js').MakeClient} makeClient
 */

const HOUR = 3_600_000;
const MEMORY_EVERY = 30_000;

/** All sessions of one data folder, which nobody else may use meanwhile. */
export class Worker {
  settings;
  clock;
  metrics = new Metrics();
  /** @type {Map<string, Session>} */
  sessions = new Map();
  stopping = false;
  since;
  #log;
  #makeClient;
  #store;
  #opening = new Mutex();
  #nextTurn = 0;
  #cancelTick = () => {};
  #memoryAt = 0;
  #prunedAt = 0;
  #broken = 0;

  /** @param {Parts} parts @param {Store} store */
  constructor({ settings, clock, log, makeClient }, store) {
    this.settings = settings;
    this.clock = clock;
    this.#log = log;
    this.#makeClient = makeClient;
    this.#store = store;
    this.since = clock.now();
  }

  /**
   * Takes the data folder, kills what a killed worker left running in it, and starts again what was running.
   * @param {Parts} parts
   * @throws {import('./store.js').DataDirInUse}
   */
  static async open(parts) {
    const worker = new Worker(parts, await Store.open(parts.settings.dataDir));
    await worker.#takeOver();
    return worker;
  }

  async #takeOver() {
    const orphans = await killBrowsersIn(join(this.settings.dataDir, 'sessions'), this.clock);
    if (orphans > 0) this.#log.warn({ orphans }, 'processes of an earlier worker were still running');
    for (const id of await this.#store.halfForgotten()) await this.#forget(id);
    let left = this.settings.limits.maxSessions;
    for (const [id, kept] of await this.#store.sessions()) {
      try {
        const session = await this.#revive(id, Status.revived(kept));
        if (!kept.shouldRun) continue;
        left -= 1;
        if (left < 0) await session.status.set('stopped', 'too_many_sessions', { shouldRun: false });
        await session.resume();
      } catch (error) {
        this.#broken += 1;
        this.#log.error({ ...facts(error), session: id }, 'a session’s journal cannot be opened');
      }
    }
    this.#prunedAt = this.clock.now();
    this.#tickLater();
  }

  /** @param {string} id @param {import('./session/status.js').Kept} kept */
  async #revive(id, kept) {
    const { settings, clock } = this;
    const dir = join(settings.dataDir, 'sessions', id);
    const journal = await Journal.open(join(dir, 'journal'), settings.limits, clock);
    await settleAfterRestart(journal);
    const status = new Status(clock, kept, (now) => this.#store.keep(id, now));
    const log = this.#log.child({ session: id });
    const session = new Session({ id, dir, settings, clock, log, journal, status, makeClient: this.#makeClient, turn: () => this.#turn(), metrics: this.metrics });
    this.sessions.set(id, session);
    return session;
  }

  /** @param {string} id */
  session(id) {
    const session = this.sessions.get(id);
    if (!session) throw new Refusal('no_session', 'There is no such session.');
    return session;
  }

  /** @param {string} id @param {import('./session/session.js').Wish} wish */
  start(id, wish) {
    return this.#opening.run(async () => {
      this.refuseWhenStopping();
      const known = this.sessions.get(id);
      if (!known?.status.shouldRun) this.#refuseWhenFull(known === undefined);
      const session = known ?? (await this.#revive(id, newlyMade(this.clock.now())));
      await session.start(wish);
      return session;
    });
  }

  /** @param {boolean} isNew a session that the worker does not know yet */
  #refuseWhenFull(isNew) {
    const { maxSessions, maxKnown } = this.settings.limits;
    const up = [...this.sessions.values()].filter(({ status }) => status.shouldRun).length;
    if (up >= maxSessions) throw new Refusal('too_many_sessions', `This worker runs at most ${maxSessions} sessions.`);
    if (isNew && this.sessions.size >= maxKnown) throw new Refusal('too_many_sessions', `This worker remembers at most ${maxKnown} sessions.`);
  }

  /** Stops the session, then forgets its profile and journal. @param {string} id */
  remove(id) {
    return this.#opening.run(async () => {
      const session = this.session(id);
      await session.stop('removed');
      this.sessions.delete(id);
      await session.journal.close();
      await this.#store.forgetting(id);
      await this.#forget(id);
    });
  }

  /** @param {string} id */
  async #forget(id) {
    await rm(join(this.settings.dataDir, 'sessions', id), { recursive: true, force: true, maxRetries: 4 });
    await this.#store.forgotten(id);
  }

  refuseWhenStopping() {
    if (this.stopping) throw new Refusal('stopping', 'The worker is stopping.');
  }

  /** Whether it takes work, and if not, why. */
  async readiness() {
    if (this.stopping) return 'stopping';
    if (this.#broken > 0) return 'journal_broken';
    const { fake, chromiumPath, dataDir } = this.settings;
    const isThere = async (/** @type {string} */ path, /** @type {number} */ how) => access(path, how).then(() => true, () => false);
    if (!fake && chromiumPath && !(await isThere(chromiumPath, constants.X_OK))) return 'no_chromium';
    if (!(await isThere(dataDir, constants.W_OK))) return 'no_data_dir';
    return 'ready';
  }

  /** Launches of Chromium are some seconds apart. */
  async #turn() {
    const now = this.clock.now();
    const mine = Math.max(now, this.#nextTurn);
    this.#nextTurn = mine + this.settings.waits.startGap;
    if (mine > now) await new Promise((resolve) => this.clock.after(mine - now, () => resolve(undefined)));
  }

  #tickLater() {
    this.#cancelTick = this.clock.after(this.settings.waits.watch, () => {
      this.tick()
        .catch((error) => this.#log.error(facts(error), 'looking after the sessions failed'))
        .finally(() => {
          if (!this.stopping) this.#tickLater();
        });
    });
  }

  /** Looks after everything once. */
  async tick() {
    const now = this.clock.now();
    const all = [...this.sessions.values()];
    await Promise.all(all.map((session) => session.tick()));
    if (now - this.#memoryAt >= MEMORY_EVERY || all.some(({ pid, status }) => pid !== null && status.memoryBytes === null)) {
      this.#memoryAt = now;
      await this.measure();
    }
    if (now - this.#prunedAt >= HOUR) {
      this.#prunedAt = now;
      const { keepDays: days, maxEntries: most } = this.settings.limits;
      for (const { journal } of all) await journal.prune({ days, most });
    }
  }

  /** Reads how much memory the browsers take. */
  async measure() {
    const all = await running();
    for (const session of this.sessions.values()) {
      session.status.memoryBytes = session.pid === null ? null : await memoryOf(all, session.pid);
    }
  }

  /**
   * The library failed where nobody waited for it: without this, node would end. The session it belongs to is looked at.
   * @param {unknown} error
   * @param {string | undefined} id
   */
  rejected(error, id) {
    this.metrics.rejection();
    this.#log.error({ ...facts(error), session: id }, 'a failure that nobody waited for');
    const session = id === undefined ? undefined : this.sessions.get(id);
    session?.strayFailure().catch(() => {});
  }

  /** Stops in order: sends under way end, browsers close, whoever waits is answered. Running sessions start again next time. */
  async stop() {
    if (this.stopping) return;
    this.stopping = true;
    this.#cancelTick();
    await Promise.all([...this.sessions.values()].map((session) => session.suspend().catch((error) => this.#log.error(facts(error), 'a session did not stop'))));
    for (const { journal, status } of this.sessions.values()) for (const bell of [status.bell, journal.bell, journal.events.bell]) bell.close();
  }

  /** Shuts the journals and frees the data folder; after `stop`, and after the last request was answered. */
  async close() {
    for (const session of this.sessions.values()) await session.journal.close();
    await this.#store.close();
  }
}
