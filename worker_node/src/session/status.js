import { Bell } from '../system/bell.js';
import { iso } from '../system/clock.js';

/**
 * @typedef {'stopped' | 'starting' | 'qr' | 'code' | 'syncing' | 'ready' | 'offline' | 'logged_out' | 'restricted' | 'failed'} SessionState
 *
 * @typedef {object} Kept what a session's status is after the worker's restart
 * @property {SessionState} state
 * @property {number} rev
 * @property {number} since
 * @property {string | null} reason
 * @property {string | null} number
 * @property {string | null} name
 * @property {string | null} expected whose phone it has to be; null: anybody's
 * @property {string | null} other whose phone was linked instead of the expected one
 * @property {boolean} linked a phone was linked to this profile, and nobody has said that it no longer is
 * @property {number | null} linkedAt when a phone was linked to this profile
 * @property {boolean} shouldRun it runs, or has failed and is tried again
 */

/** States with a browser, or on their way to one. @type {readonly SessionState[]} */
export const RUNNING = ['starting', 'qr', 'code', 'syncing', 'ready', 'offline'];

/** After a kill the last few revisions may not have been written; more than this cannot be under way. */
const REV_LEAP = 1000;

/** @param {number} now @returns {Kept} */
export function newlyMade(now) {
  return { state: 'stopped', rev: 0, since: now, reason: null, number: null, name: null, expected: null, other: null, linked: false, linkedAt: null, shouldRun: false };
}

/**
 * What is known of a session, numbered by revision, so that others can wait for news. Holds no logic of its own.
 */
export class Status {
  #clock;
  #keep;
  /** @type {Kept} */
  #kept;
  /** @type {{qr: string, at: number, rev: number} | null} */
  qr = null;
  /** @type {{code: string, at: number, digits: string} | null} */
  code = null;
  restarts = 0;
  /** @type {number | null} */
  memoryBytes = null;
  bell = new Bell();

  /**
   * @param {import('../system/clock.js').Clock} clock
   * @param {Kept} kept
   * @param {(kept: Kept) => Promise<void>} keep
   */
  constructor(clock, kept, keep) {
    this.#clock = clock;
    this.#keep = keep;
    this.#kept = kept;
  }

  /** @param {Kept} kept one that an earlier version kept may lack what is newer @returns {Kept} */
  static revived(kept) {
    return { ...newlyMade(kept.since), ...kept, rev: kept.rev + REV_LEAP };
  }

  get state() {
    return this.#kept.state;
  }

  get rev() {
    return this.#kept.rev;
  }

  get reason() {
    return this.#kept.reason;
  }

  get linked() {
    return this.#kept.linked;
  }

  get linkedAt() {
    return this.#kept.linkedAt;
  }

  get number() {
    return this.#kept.number;
  }

  get expected() {
    return this.#kept.expected;
  }

  get shouldRun() {
    return this.#kept.shouldRun;
  }

  get since() {
    return this.#kept.since;
  }

  isRunning() {
    return RUNNING.includes(this.#kept.state);
  }

  /**
   * @param {SessionState} state
   * @param {string | null} [reason]
   * @param {Partial<Pick<Kept, 'number' | 'name' | 'other' | 'linked' | 'shouldRun'>>} [facts]
   */
  async set(state, reason = null, facts = {}) {
    const isNew = state !== this.#kept.state;
    if (state !== 'qr' && state !== 'code') this.qr = null;
    if (state !== 'code') this.code = null;
    const now = this.#clock.now();
    const since = isNew ? now : this.#kept.since;
    const linkedAt = facts.linked && !this.#kept.linked ? now : this.#kept.linkedAt;
    await this.#change({ ...this.#kept, other: null, ...facts, state, reason, since, linkedAt });
  }

  /** @param {string} number */
  async expect(number) {
    await this.#change({ ...this.#kept, expected: number });
  }

  /** @param {string} qr */
  async showQr(qr) {
    this.qr = { qr, at: this.#clock.now(), rev: this.#kept.rev + 1 };
    await this.set(this.#kept.state === 'code' ? 'code' : 'qr');
  }

  /** @param {string} code @param {string} digits the number it is for */
  async showCode(code, digits) {
    if (this.code?.code === code) {
      this.code.digits = digits;
      return;
    }
    this.code = { code, at: this.#clock.now(), digits };
    await this.set('code');
  }

  /** @param {Kept} next */
  async #change(next) {
    this.#kept = { ...next, rev: this.#kept.rev + 1 };
    this.bell.ring();
    await this.#keep(this.#kept);
  }

  /** @param {string} id */
  view(id) {
    const { state, rev, since, reason, number, name, other } = this.#kept;
    return { id, state, rev, since: iso(since), reason, number, name, other_number: other, restarts: this.restarts, memory_bytes: this.memoryBytes };
  }
}
