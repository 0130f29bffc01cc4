import { isLid, numberOf } from '../client/port.js';
import { Refusal } from '../errors.js';
import { DeadlineError, iso, within } from '../system/clock.js';
import { facts } from '../system/log.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {{number: string | null, name: string | null}} Member
 * @typedef {{id: string, name: string, members: Member[] | null, error: string | null, at: number}} KnownGroup
 */

/** What was read longer ago counts as not known. */
const GOOD_FOR = 3_600_000;

/**
 * The account's groups, remembered: the library's own list fails as a whole when one group cannot be read, and asks WhatsApp about every
 * group each time. Here one group at a time is read, and a broken one is marked.
 */
export class Groups {
  #journal;
  #clock;
  #wait;
  #log;
  /** A reading under way writes into the one it began with. @type {Map<string, KnownGroup>} */
  #known = new Map();
  /** When the list was read. @type {number | null} */
  #at = null;
  #refreshing = false;

  /**
   * @param {object} parts
   * @param {import('../journal/journal.js').Journal} parts.journal
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('../system/log.js').Logger} parts.log
   */
  constructor({ journal, clock, settings, log }) {
    this.#journal = journal;
    this.#clock = clock;
    this.#wait = settings.waits.group;
    this.#log = log;
  }

  /** Whoever is linked next is in other groups. */
  forget() {
    this.#known = new Map();
    this.#at = null;
  }

  view() {
    if (this.#at !== null && !this.#isGood(this.#at)) this.forget();
    const groups = [...this.#known.values()].map(({ id, name, members, error }) => ({ id, name, size: members ? members.length : null, error }));
    return { groups, at: this.#at === null ? null : iso(this.#at), refreshing: this.#refreshing };
  }

  /** @param {number} at */
  #isGood(at) {
    return this.#clock.now() - at < GOOD_FOR;
  }

  /** Reads anew in the background; a reading under way is left to end. @param {Client} client @param {() => boolean} isCurrent */
  refresh(client, isCurrent) {
    if (this.#refreshing) return;
    this.#refreshing = true;
    this.#readAll(client, isCurrent)
      .catch((error) => this.#log.warn(facts(error), 'the groups could not be read'))
      .finally(() => {
        this.#refreshing = false;
      });
  }

  /** @param {Client} client @param {() => boolean} isCurrent */
  async #readAll(client, isCurrent) {
    const known = this.#known;
    await this.#readList(client, known);
    for (const id of [...known.keys()]) {
      if (!isCurrent()) return;
      await this.#read(client, known, id).catch(() => {});
    }
  }

  /** @param {Client} client @param {Map<string, KnownGroup>} known */
  async #readList(client, known) {
    const list = await within(this.#clock, this.#wait, 'groups', client.groups());
    const ids = new Set(list.map(({ id }) => id));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    for (const { id, name } of list) known.set(id, { members: null, error: null, at: 0, ...known.get(id), id, name });
    if (known === this.#known) this.#at = this.#clock.now();
  }

  /** @param {Client} client @param {Map<string, KnownGroup>} known @param {string} id @returns {Promise<KnownGroup>} */
  async #read(client, known, id) {
    try {
      const { name, members } = await within(this.#clock, this.#wait, 'group', client.group(id));
      const people = [];
      for (const { id: person, name: called } of members) people.push({ number: await this.#numberOf(person), name: called });
      const group = { id, name, members: people, error: null, at: this.#clock.now() };
      known.set(id, group);
      return group;
    } catch (error) {
      const reason = error instanceof DeadlineError ? 'timeout' : 'query_failed';
      const before = known.get(id);
      if (before) known.set(id, { ...before, error: reason });
      this.#log.warn(facts(error), 'a group could not be read');
      throw new Refusal(reason === 'timeout' ? 'timeout' : 'refused', 'WhatsApp did not tell the members of this group.');
    }
  }

  /** @param {string} id @returns {Promise<string | null>} */
  async #numberOf(id) {
    return numberOf(id) ?? (isLid(id) ? ((await this.#journal.numberOfLid(id)) ?? null) : null);
  }

  /** @param {string} id @param {() => Client} client which may refuse */
  async members(id, client) {
    const known = this.#known;
    let group = known.get(id);
    if (!group?.members || !this.#isGood(group.at)) {
      const asked = client();
      if (!group) await this.#readList(asked, known);
      if (!known.has(id)) throw new Refusal('no_group', 'The account is in no such group.');
      group = await this.#read(asked, known, id);
    }
    return { group: id, name: group.name, members: group.members ?? [], at: iso(group.at) };
  }
}
