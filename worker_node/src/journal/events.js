/**
 * @typedef {{kind: 'receipt', key: string, progress: 'sent' | 'delivered' | 'read' | 'failed', reason: string | null}} Receipt
 * @typedef {{kind: 'reply', event: string, from: string, name: string | null, text: string,
 *   media: import('../client/port.js').ReplyMedia, attachment?: import('../client/port.js').Attachment | null}} Reply
 * @typedef {'connected' | 'offline' | 'unlinked' | 'restricted' | 'failed'} AccountState
 * @typedef {{kind: 'account', state: AccountState, reason: string | null}} AccountEvent
 * @typedef {(Receipt | Reply | AccountEvent) & {at: string}} NewEvent
 * @typedef {NewEvent & {cursor: number}} Event
 */

import { Bell } from '../system/bell.js';

/** @typedef {import('classic-level').ClassicLevel<string, any>} Database */
/** @typedef {import('abstract-level').AbstractBatchOperation<Database, string, any>} Write */

const LAST = 'meta!last_cursor';
/** Which give way where there are too many: a receipt can be asked for again. A reply never does: it may be a STOP. @type {readonly Event['kind'][]} */
const GIVE_WAY = ['receipt', 'account'];
/** @param {number} cursor */
const place = (cursor) => `e!${String(cursor).padStart(16, '0')}`;

/**
 * The numbered events of one session: written together with what they tell of, kept until acknowledged, and bounded (replies by nothing being
 * sent while it is full). A cursor is never used twice, also after everything was acknowledged.
 */
export class EventLog {
  /** @type {Database} */
  #db;
  #most;
  #last;
  /** Those that are kept, by cursor, the oldest first. `from`: who wrote it. @type {Map<number, {kind: Event['kind'], from: string | null}>} */
  #kept = new Map();
  bell = new Bell();
  /** How many were let go unread because there were too many. */
  dropped = 0;

  /**
   * @param {Database} db
   * @param {number} most
   * @param {number} last
   */
  constructor(db, most, last) {
    this.#db = db;
    this.#most = most;
    this.#last = last;
  }

  /**
   * Where a new journal's counting begins: at the clock's milliseconds, above whatever an earlier journal of the session can have counted to.
   * So a cursor that was kept from the lost one hides nothing of this one.
   * @param {Database} db
   * @param {number} now
   * @returns {Promise<Write[]>}
   */
  static async beginning(db, now) {
    // A journal from before journals had an id goes on counting as it did.
    return (await db.get(LAST)) === undefined ? [{ type: 'put', key: LAST, value: now }] : [];
  }

  /**
   * @param {Database} db
   * @param {number} most
   */
  static async open(db, most) {
    const log = new EventLog(db, most, Number((await db.get(LAST)) ?? 0));
    for (const event of await log.after(0, Infinity)) log.#note(event);
    return log;
  }

  get last() {
    return this.#last;
  }

  get kept() {
    return this.#kept.size;
  }

  /** So many wait to be taken in that others give way. */
  get isFull() {
    return this.kept >= this.#most;
  }

  /** @param {Event} event */
  #note(event) {
    this.#kept.set(event.cursor, { kind: event.kind, from: event.kind === 'reply' ? event.from : null });
  }

  /**
   * The writes that add these events; to be put into the same batch as what they tell of, and then confirmed.
   * @param {NewEvent[]} events
   * @returns {{writes: Write[], confirm: () => void}}
   */
  adding(events) {
    if (events.length === 0) return { writes: [], confirm: () => {} };
    const last = this.#last + events.length;
    const added = events.map((event, n) => ({ ...event, cursor: this.#last + 1 + n }));
    const over = this.#over(added);
    /** @type {Write[]} */
    const writes = added.map(({ cursor, ...event }) => ({ type: 'put', key: place(cursor), value: event }));
    writes.push({ type: 'put', key: LAST, value: last });
    for (const cursor of over) writes.push({ type: 'del', key: place(cursor) });
    const confirm = () => {
      for (const event of added) this.#note(event);
      for (const cursor of over) this.#kept.delete(cursor);
      this.dropped += over.length;
      this.#last = last;
      this.bell.ring();
    };
    return { writes, confirm };
  }

  /** The cursors of those that give way when these are added. @param {Event[]} added */
  #over(added) {
    const count = this.kept + added.length - this.#most;
    if (count <= 0) return [];
    const all = [...[...this.#kept].map(([cursor, { kind }]) => ({ cursor, kind })), ...added];
    return GIVE_WAY.flatMap((kind) => all.filter((event) => event.kind === kind)).slice(0, count).map(({ cursor }) => cursor);
  }

  /**
   * @param {number} cursor
   * @param {number} limit
   * @returns {Promise<Event[]>}
   */
  async after(cursor, limit) {
    /** @type {Event[]} */
    const found = [];
    for await (const [key, value] of this.#db.iterator({ gt: place(cursor), lt: 'e"', limit })) {
      found.push({ cursor: Number(key.slice(2)), ...value });
    }
    return found;
  }

  /** Whether there is anything to tell after that. @param {number} cursor */
  holdsAfter(cursor) {
    for (const one of this.#kept.keys()) if (one > cursor) return true;
    return false;
  }

  /** Whether this person wrote something after that which was not acknowledged yet. @param {string} number @param {number} [cursor] */
  holdsReplyFrom(number, cursor = 0) {
    for (const [one, { from }] of this.#kept) if (from === number && one > cursor) return true;
    return false;
  }

  /** Lets go of everything up to and with `cursor`. @param {number} cursor */
  async letGo(cursor) {
    if (cursor > this.#last) return;
    const gone = [...this.#kept.keys()].filter((one) => one <= cursor);
    if (gone.length === 0) return;
    await this.#db.clear({ gt: 'e!', lte: place(cursor) });
    for (const one of gone) this.#kept.delete(one);
  }
}
