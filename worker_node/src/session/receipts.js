import { bareId, isLid } from '../client/port.js';
import { stepOfAck } from '../journal/entry.js';
import { Bell } from '../system/bell.js';
import { couldBe } from './matching.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../journal/entry.js').Entry} Entry
 * @typedef {import('../journal/entry.js').Step} Step
 */

/** Acknowledgements that came before their message's id was known. */
const MOST_EARLY = 1000;

/** What the page tells of own messages: that one appeared, and how far one got. */
export class Receipts {
  #journal;
  #count;
  /** @type {{key: string, client: Client, seen: string | null, entry: Entry} | null} */
  #attempt = null;
  /** @type {Map<string, number>} */
  #early = new Map();
  #bell = new Bell();

  /**
   * @param {import('../journal/journal.js').Journal} journal
   * @param {(state: string, reason: string | null) => void} count
   */
  constructor(journal, count) {
    this.#journal = journal;
    this.#count = count;
  }

  /** From now on an own message may be this one. @param {Entry} entry @param {Client} client */
  expect(entry, client) {
    this.#attempt = { key: entry.key, client, seen: null, entry };
  }

  /**
   * The id under which the last attempt's message was seen to appear, or appears within `ms`: the page tells of it by another way than that by
   * which the call ends.
   * @param {import('../system/clock.js').Clock} clock
   * @param {number} ms
   * @returns {Promise<string | null>}
   */
  async seenWithin(clock, ms) {
    return (await this.#bell.until(clock, ms, () => this.#attempt?.seen ?? undefined)) ?? null;
  }

  /** An own message appeared in the page: perhaps the one being sent. @param {Client} client @param {import('../client/port.js').OwnMessage} message */
  async own(client, message) {
    const attempt = this.#attempt;
    if (!attempt || attempt.client !== client || attempt.seen !== null) return;
    const number = isLid(message.chat) && message.chat !== attempt.entry.chat ? await this.#journal.numberOfLid(message.chat) : undefined;
    if (!couldBe(attempt.entry, message, () => number)) return;
    attempt.seen = message.id;
    this.#bell.ring();
    await this.#journal.note(attempt.key, { providerId: message.id });
    await this.useEarly(attempt.key, message.id);
  }

  /** @param {string} id @param {number} ack */
  async ack(id, ack) {
    const step = stepOfAck(ack);
    if (step.to === 'submitted') return;
    const key = await this.#journal.keyOf(id);
    if (key) {
      await this.advance(key, step);
      return;
    }
    this.#early.set(bareId(id), Math.max(ack, this.#early.get(bareId(id)) ?? -1));
    if (this.#early.size > MOST_EARLY) this.#early.delete(/** @type {string} */ (this.#early.keys().next().value));
    const late = await this.#journal.keyOf(id);
    if (late) await this.useEarly(late, id);
  }

  /** @param {string} key @param {string} id */
  async useEarly(key, id) {
    const ack = this.#early.get(bareId(id));
    if (ack === undefined) return;
    this.#early.delete(bareId(id));
    await this.advance(key, stepOfAck(ack));
  }

  /** @param {string} key @param {Step} step */
  async advance(key, step) {
    const { entry, isNews } = await this.#journal.step(key, step);
    if (entry && isNews) this.#count(entry.state, entry.reason);
  }
}
