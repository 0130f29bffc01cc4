import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import { bareId } from '../client/port.js';
import { iso } from '../system/clock.js';
import { Bell } from '../system/bell.js';
import { Mutex } from '../system/mutex.js';
import { EventLog } from './events.js';
import { PROGRESS, isOpen, take } from './entry.js';

/**
 * @typedef {import('./entry.js').Entry} Entry
 * @typedef {import('./entry.js').Step} Step
 * @typedef {import('./events.js').Database} Database
 * @typedef {import('./events.js').Write} Write
 * @typedef {import('./events.js').NewEvent} NewEvent
 * @typedef {import('../client/port.js').Received} Received
 * @typedef {import('../system/clock.js').Clock} Clock
 *
 * @typedef {object} Held a reply from a hidden id whose number is not known yet
 * @property {Received} message
 * @property {number} heldAt
 * @property {boolean} isAside WhatsApp has answered, and does not tell the number: it is not asked again
 */

/** Every write has reached the disk before anything is done or answered because of it. */
const DURABLE = { sync: true };
const DAY = 86_400_000;
/** Replies whose number nobody tells; each may be a STOP, so age is no reason to forget one. */
const MOST_HELD = 10_000;

const ID = 'meta!journal';
const HEARD = 'meta!heard';

/**
 * The durable memory of one session: messages under their keys, the events to tell, which hidden id is which number, and which
 * replies were told. One writer at a time; a state and the event that tells of it are one write.
 *
 * Keys: `m!key` entries, `o!key` the open ones, `p!id` WhatsApp's id -> key, `e!cursor` events, `l!lid` numbers, `r!id` replies told,
 * `h!id` replies that wait for their number, `w!number` the cursor of the last reply that each person's was told under, `meta!…` single facts.
 */
export class Journal {
  #db;
  #clock;
  #line = new Mutex();
  /** Random, and kept in it: whoever finds another one asks another journal, that knows nothing of what the last one was given. */
  id;
  events;
  bell = new Bell();

  /**
   * @param {Database} db
   * @param {string} id
   * @param {EventLog} events
   * @param {Clock} clock
   */
  constructor(db, id, events, clock) {
    this.#db = db;
    this.id = id;
    this.events = events;
    this.#clock = clock;
  }

  /**
   * @param {string} dir
   * @param {{maxEvents: number}} limits
   * @param {Clock} clock
   */
  static async open(dir, { maxEvents }, clock) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    /** @type {Database} */
    const db = new ClassicLevel(dir, { valueEncoding: 'json' });
    await db.open();
    const id = (await db.get(ID)) ?? (await begun(db, clock.now()));
    return new Journal(db, id, await EventLog.open(db, maxEvents), clock);
  }

  async close() {
    await this.#line.run(() => this.#db.close());
  }

  /** @param {string} key @returns {Promise<Entry | undefined>} */
  async get(key) {
    return this.#db.get(`m!${key}`);
  }

  /**
   * The entry under this key, made by `make` if there is none yet.
   * @param {string} key
   * @param {() => Entry} make may throw: then the key stays free
   * @returns {Promise<{entry: Entry, isNew: boolean}>}
   */
  take(key, make) {
    return this.#line.run(async () => {
      const known = await this.get(key);
      if (known) return { entry: known, isNew: false };
      const entry = make();
      await this.#write([...entryWrites(entry)], []);
      return { entry, isNew: true };
    });
  }

  /**
   * Takes a step, with the receipt that tells of it. A step that teaches nothing new changes nothing.
   * @param {string} key
   * @param {Step} step
   * @param {(entry: Entry) => boolean} [only] whether the entry is still as expected
   * @returns {Promise<{entry: Entry | undefined, isNews: boolean}>} the entry as it is now
   */
  step(key, step, only = () => true) {
    return this.#line.run(async () => {
      const entry = await this.get(key);
      const next = entry && only(entry) ? take(entry, step, this.#clock.now()) : undefined;
      if (!next) return { entry, isNews: false };
      await this.#write(entryWrites(next), receiptOf(next));
      return { entry: next, isNews: true };
    });
  }

  /**
   * Notes what was learnt of an entry without changing its state.
   * @param {string} key
   * @param {Partial<Pick<Entry, 'providerId' | 'closedAt'>>} facts
   */
  note(key, facts) {
    return this.#line.run(async () => {
      const entry = await this.get(key);
      if (!entry) return;
      const providerId = entry.providerId ?? facts.providerId ?? null;
      await this.#write(entryWrites({ ...entry, ...facts, providerId }), []);
    });
  }

  /** Whose message this is. @param {string} providerId @returns {Promise<string | undefined>} */
  async keyOf(providerId) {
    return this.#db.get(`p!${bareId(providerId)}`);
  }

  /** Those of which something is still expected. @returns {Promise<Entry[]>} */
  async open() {
    /** @type {Entry[]} */
    const found = [];
    for await (const key of this.#db.keys({ gt: 'o!', lt: 'o"' })) {
      const entry = await this.get(key.slice(2));
      if (entry) found.push(entry);
    }
    return found;
  }

  /**
   * @param {import('./events.js').AccountState} state
   * @param {string | null} reason
   */
  account(state, reason) {
    return this.#line.run(async () => {
      if ((await this.#db.get('meta!account')) === state) return;
      await this.#write([{ type: 'put', key: 'meta!account', value: state }], [
        { kind: 'account', at: iso(this.#clock.now()), state, reason },
      ]);
    });
  }

  /**
   * Tells of a reply, once.
   * @param {import('./events.js').Reply} reply
   * @param {number} at
   * @returns {Promise<boolean>} false: it was told before
   */
  reply(reply, at) {
    return this.#line.run(async () => {
      const seen = `r!${bareId(reply.event)}`;
      if ((await this.#db.get(seen)) !== undefined) return false;
      const now = this.#clock.now();
      /** @type {Write[]} */
      const writes = [{ type: 'put', key: seen, value: now }, heldNoMore(reply.event)];
      writes.push({ type: 'put', key: `w!${reply.from}`, value: { cursor: this.events.last + 1, at: now } });
      await this.#write(writes, [{ ...reply, at: iso(at) }]);
      return true;
    });
  }

  /**
   * Whether this person wrote something that whoever asks has not taken in.
   * @param {string} number
   * @param {number | null} heard the cursor up to which they have taken in everything; null: as far as they acknowledged
   */
  async hasNewsOf(number, heard) {
    if (heard === null) return this.events.holdsReplyFrom(number);
    // A cursor of an earlier journal says nothing of this one.
    const cursor = heard > this.events.last ? 0 : heard;
    const wrote = await this.#db.get(`w!${number}`);
    return this.events.holdsReplyFrom(number, cursor) || (wrote?.cursor ?? 0) > cursor;
  }

  /** Keeps a reply until its number is known; not one that was told. @param {Received} message */
  hold(message) {
    return this.#line.run(async () => {
      const id = bareId(message.id);
      if ((await this.#db.get(`r!${id}`)) !== undefined || (await this.#db.get(`h!${id}`)) !== undefined) return;
      await this.#db.put(`h!${id}`, { message, heldAt: this.#clock.now(), isAside: false }, DURABLE);
    });
  }

  /** WhatsApp does not tell whose it is. It stays held: the number may become known by another way. @param {string} id the reply's */
  setAside(id) {
    return this.#line.run(async () => {
      const held = await this.#db.get(`h!${bareId(id)}`);
      if (held) await this.#db.put(`h!${bareId(id)}`, { ...held, isAside: true }, DURABLE);
    });
  }

  /** @returns {Promise<Held[]>} the oldest first */
  async held() {
    /** @type {Held[]} */
    const found = await this.#db.values({ gt: 'h!', lt: 'h"' }).all();
    return found.sort((a, b) => a.heldAt - b.heldAt || a.message.at - b.message.at);
  }

  /** @param {string} lid @param {string} number */
  async rememberLid(lid, number) {
    if ((await this.numberOfLid(lid)) === number) return;
    await this.#line.run(() => this.#db.put(`l!${lid}`, number, DURABLE));
  }

  /** @param {string} lid @returns {Promise<string | undefined>} */
  async numberOfLid(lid) {
    return this.#db.get(`l!${lid}`);
  }

  /** Until when replies have certainly been listened to. @param {number} at */
  async heardUntil(at) {
    await this.#line.run(() => this.#db.put(HEARD, at));
  }

  /** Where listening has to begin; a journal that knows until when it listened knows better. @param {number} at */
  listenSince(at) {
    return this.#line.run(async () => {
      if ((await this.lastHeard()) === undefined) await this.#db.put(HEARD, at, DURABLE);
    });
  }

  /** @returns {Promise<number | undefined>} */
  async lastHeard() {
    return this.#db.get(HEARD);
  }

  /** @param {number} cursor */
  letGo(cursor) {
    return this.#line.run(() => this.events.letGo(cursor));
  }

  /**
   * Forgets what is older than `days`, and the oldest over `most`. What is still in the queue stays, and so do replies that wait for their number.
   * @param {{days: number, most: number}} limits
   * @returns {Promise<number>} how many entries were forgotten
   */
  prune({ days, most }) {
    return this.#line.run(async () => {
      const before = this.#clock.now() - days * DAY;
      /** @type {{key: string, at: number, providerId: string | null}[]} */
      const ages = [];
      for await (const entry of this.#db.values({ gt: 'm!', lt: 'm"' })) {
        if (entry.state !== 'queued' && entry.state !== 'attempting') ages.push({ key: entry.key, at: entry.at, providerId: entry.providerId });
      }
      ages.sort((a, b) => a.at - b.at);
      const gone = ages.filter((entry, n) => entry.at < before || n < ages.length - most);
      const writes = gone.flatMap(forgetting);
      for await (const [key, at] of this.#db.iterator({ gt: 'r!', lt: 'r"' })) {
        if (at < before) writes.push({ type: 'del', key });
      }
      for await (const [key, { at }] of this.#db.iterator({ gt: 'w!', lt: 'w"' })) {
        if (at < before) writes.push({ type: 'del', key });
      }
      for (const { message } of (await this.held()).slice(0, -MOST_HELD)) writes.push(heldNoMore(message.id));
      if (writes.length > 0) await this.#db.batch(writes, DURABLE);
      return gone.length;
    });
  }

  /**
   * @param {Write[]} writes
   * @param {NewEvent[]} news
   */
  async #write(writes, news) {
    const adding = this.events.adding(news);
    await this.#db.batch([...writes, ...adding.writes], DURABLE);
    adding.confirm();
    this.bell.ring();
  }
}

/** What a new journal begins with; its id. @param {Database} db @param {number} now */
async function begun(db, now) {
  const id = randomUUID();
  await db.batch([{ type: 'put', key: ID, value: id }, ...(await EventLog.beginning(db, now))], DURABLE);
  return id;
}

/** @param {Entry} entry @returns {Write[]} */
function entryWrites(entry) {
  /** @type {Write[]} */
  const writes = [{ type: 'put', key: `m!${entry.key}`, value: entry }];
  if (isOpen(entry)) writes.push({ type: 'put', key: `o!${entry.key}`, value: 1 });
  else writes.push({ type: 'del', key: `o!${entry.key}` });
  if (entry.providerId) writes.push({ type: 'put', key: `p!${bareId(entry.providerId)}`, value: entry.key });
  return writes;
}

/** @param {{key: string, providerId: string | null}} entry @returns {Write[]} */
function forgetting({ key, providerId }) {
  /** @type {Write[]} */
  const writes = [{ type: 'del', key: `m!${key}` }, { type: 'del', key: `o!${key}` }];
  if (providerId) writes.push({ type: 'del', key: `p!${bareId(providerId)}` });
  return writes;
}

/** @param {string} id a reply's @returns {Write} */
function heldNoMore(id) {
  return { type: 'del', key: `h!${bareId(id)}` };
}

/**
 * A failure that may be retried is no receipt: it is the answer to the send, and to whoever asks for it. Told as news as well, it would
 * end for good what the answer lets be tried again.
 * @param {Entry} entry
 * @returns {NewEvent[]}
 */
function receiptOf(entry) {
  const progress = PROGRESS[entry.state];
  if (!progress || entry.canRetry) return [];
  return [{ kind: 'receipt', at: iso(entry.at), key: entry.key, progress, reason: entry.reason }];
}
