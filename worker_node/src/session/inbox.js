import { isLid, numberOf } from '../client/port.js';
import { backoff, within } from '../system/clock.js';
import { facts } from '../system/log.js';
import { Mutex } from '../system/mutex.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').Received} Received
 */

/** What came in the last hour before a stop is read again: this clock may be ahead of WhatsApp's. Each reply is told once all the same. */
const OVERLAP = 3_600_000;
/** Of what was written before a session began to listen to a phone, this much may be told, for the same reason. */
const SLACK = 600_000;
/** WhatsApp brings what was written before a phone was linked bit by bit, and tells of it by no event: for so long it is looked for again. */
const HISTORY = 3_600_000;

/** What could not be read, and numbers that could not be asked, are tried again: soon while it gets on, later each time when it does not. */
const AGAIN = { first: 5_000, most: 300_000 };

/** Until when was heard, for whom nothing from before now is to be told. @param {number} now */
export function fromNowOn(now) {
  return now + OVERLAP - SLACK;
}

/**
 * Tells of what people write, in order, each once, under their number. A STOP is among it: none may be lost. `heard` in the journal says until
 * when everything was certainly told or is held; it stays where it is while a chat is not read whole, or may lack what WhatsApp still brings.
 */
export class Inbox {
  #journal;
  #clock;
  #waits;
  #log;
  #linkedAt;
  #countLost;
  #line = new Mutex();
  #pending = 0;
  /** Something of the time since `heard` was not read yet. */
  #isBehind = false;
  /** The chats that could not be read whole, each with its number where that is known. @type {Map<string, string | null>} */
  #unread = new Map();
  /** Those of them that came while the newest reading was under way: it may have passed them. @type {Map<string, string | null>} */
  #missedMeanwhile = new Map();
  /** Which reading is the newest: what an earlier one finds out of the chats no longer counts. */
  #readings = 0;
  #catchUps = 0;
  #isGoingOn = false;
  #isAsking = false;
  #hasNewHeld = false;
  #failures = 0;
  #againAt = 0;

  /**
   * @param {object} parts
   * @param {import('../journal/journal.js').Journal} parts.journal
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('../system/log.js').Logger} parts.log
   * @param {() => number | null} parts.linkedAt
   * @param {() => void} parts.countLost a reply whose number nobody knows
   */
  constructor({ journal, clock, settings, log, linkedAt, countLost }) {
    this.#journal = journal;
    this.#clock = clock;
    this.#waits = settings.waits;
    this.#log = log;
    this.#linkedAt = linkedAt;
    this.#countLost = countLost;
  }

  /** @param {Client} client @param {Received} message */
  async received(client, message) {
    await this.#take(message);
    if (isLid(message.from)) await this.#askNumbers(client);
  }

  /**
   * Reads what came since somebody last listened; before the session may send again, for a STOP may be among it. What cannot be read now is left to
   * `goOn`: until then nobody is written to of whom something may have been missed.
   * @param {Client} client
   */
  async catchUp(client) {
    this.#isBehind = true;
    this.#unread.clear();
    this.#failures = 0;
    this.#againAt = 0;
    this.#catchUps += 1;
    if (!(await this.#read(client))) throw new Error('another reading has begun');
    this.#askNumbers(client).catch((error) => this.#log.error(facts(error), 'the numbers of hidden ids could not be asked'));
  }

  /** Something came into this chat that cannot be read yet: it is read with what was not read before. @param {import('../client/port.js').Unread} unread */
  missed({ chat, number }) {
    this.#isBehind = true;
    this.#unread.set(chat, number);
    this.#missedMeanwhile.set(chat, number);
  }

  /** Another phone is linked now: what people wrote to it before is not for this session. */
  async listenFromNow() {
    await this.#journal.heardUntil(fromNowOn(this.#clock.now()));
  }

  /** The session listens and nothing waits: so far everything was heard. */
  async heard() {
    if (this.#pending === 0 && !this.#isBehind) await this.#heardUntil(this.#clock.now());
  }

  /** @param {number} now */
  async #heardUntil(now) {
    const heard = await this.#journal.lastHeard();
    // One that is ahead says that nothing from before it is to be told; further ahead, the clock was wrong.
    if (heard === undefined || heard <= now || heard > fromNowOn(now)) await this.#journal.heardUntil(now);
  }

  #mayGetHistory() {
    const linkedAt = this.#linkedAt();
    const since = linkedAt === null ? HISTORY : this.#clock.now() - linkedAt;
    return since >= 0 && since < HISTORY;
  }

  /** Tries again, when it is time, what could not be read or asked before. Called every few seconds. @param {Client} client */
  async goOn(client) {
    for (const from of new Set((await this.#journal.held()).map(({ message }) => message.from))) await this.#line.run(() => this.#tellHeld(from));
    if (this.#isGoingOn || this.#clock.now() < this.#againAt) return;
    this.#isGoingOn = true;
    const [before, catchUps] = [this.#unread.size, this.#catchUps];
    try {
      await this.#askNumbers(client);
      if (this.#isBehind && catchUps === this.#catchUps) await this.#read(client);
    } finally {
      this.#isGoingOn = false;
      const isDone = !this.#isBehind && (await this.#journal.held()).every(({ isAside }) => isAside);
      const getsOn = this.#unread.size < before;
      this.#failures = isDone ? 0 : getsOn ? 1 : this.#failures + 1;
      this.#againAt = isDone ? 0 : this.#clock.now() + backoff(AGAIN, this.#failures);
    }
  }

  /**
   * Whether this person may have written something that was not told yet.
   * @param {string} number
   * @param {string} chat the one that is about to be written to
   */
  async mayHaveMissed(number, chat) {
    // What has only just come is told or held first.
    await this.#line.run(async () => {});
    const held = (await this.#journal.held()).map(({ message, isAside }) => ({ id: message.from, known: null, isAside }));
    const unread = [...this.#unread].map(([id, known]) => ({ id, known, isAside: false }));
    for (const { id, known, isAside } of [...held, ...unread]) {
      if (id === chat) return true;
      const whose = known ?? (await this.#journal.numberOfLid(id));
      if (whose === number) return true;
      // Nobody has said yet whose it is: where this person is known by the number, it may be theirs.
      if (whose === undefined && isLid(id) && !isAside && !isLid(chat)) return true;
    }
    return false;
  }

  /** @param {Client} client @returns {Promise<boolean>} false: a newer one has begun, and this one says nothing of the chats */
  async #read(client) {
    this.#readings += 1;
    const reading = this.#readings;
    const now = this.#clock.now();
    const heard = await this.#journal.lastHeard();
    if (heard === undefined) await this.listenFromNow();
    this.#missedMeanwhile = new Map();
    const only = [...this.#unread.keys()];
    const isCurrent = () => reading === this.#readings;
    if (heard !== undefined) await this.#readChats(client, heard - OVERLAP, only, isCurrent);
    // A chat may have moved to another id meanwhile: when the last of the rest is read, all are looked through before anybody is let go.
    if (heard !== undefined && only.length > 0 && this.#missedMeanwhile.size === 0) await this.#readChats(client, heard - OVERLAP, [], isCurrent);
    if (!isCurrent()) return false;
    this.#unread = this.#missedMeanwhile;
    if (this.#unread.size > 0) this.#log.warn({ chats: this.#unread.size }, 'not everything could be read that people wrote while nobody listened; it goes on');
    if (this.#unread.size > 0 || this.#mayGetHistory()) return true;
    this.#isBehind = false;
    await this.#heardUntil(now);
    return true;
  }

  /**
   * Takes what stands in the chats, and notes those that could not be read.
   * @param {Client} client @param {number} since @param {string[]} only @param {() => boolean} isCurrent whether the reading this is part of still counts
   */
  async #readChats(client, since, only, isCurrent) {
    if (!isCurrent()) return;
    const { received, unread } = await this.#receivedSince(client, since, only);
    for (const message of received) await this.#take(message);
    if (isCurrent()) for (const { chat, number } of unread) this.#missedMeanwhile.set(chat, number);
  }

  /** @param {Client} client @param {number} since @param {string[]} only */
  #receivedSince(client, since, only) {
    const { catchUp } = this.#waits;
    return within(this.#clock, catchUp, 'what people wrote', client.receivedSince(since, catchUp / 2, only));
  }

  /** Tells of it, or holds it until its number is known. @param {Received} message */
  async #take(message) {
    this.#pending += 1;
    try {
      await this.#line.run(async () => {
        const number = numberOf(message.from);
        if (number) return this.#tell(number, message);
        await this.#journal.hold(message);
        return this.#tellHeld(message.from);
      });
    } catch (error) {
      // It stands in its chat still.
      this.missed({ chat: message.from, number: numberOf(message.from) });
      throw error;
    } finally {
      this.#pending -= 1;
    }
  }

  /** @param {string} from @param {Received} message */
  #tell(from, { id: event, name, text, media, attachment = null, at }) {
    return this.#journal.reply({ kind: 'reply', event, from, name, text, media, attachment }, at);
  }

  /** Tells, in order, what is held of that hidden id, if its number is known by now. @param {string} from */
  async #tellHeld(from) {
    const number = await this.#journal.numberOfLid(from);
    if (!number) return;
    for (const { message } of await this.#journal.held()) if (message.from === from) await this.#tell(number, message);
  }

  /** Each hidden id that something is held of is asked for once; what is known by now is told. @param {Client} client */
  async #askNumbers(client) {
    this.#hasNewHeld = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      /** @type {Set<string>} */
      const asked = new Set();
      while (this.#hasNewHeld) {
        this.#hasNewHeld = false;
        for (const { message, isAside } of await this.#journal.held()) {
          const { from } = message;
          if (asked.has(from)) continue;
          asked.add(from);
          if (!isAside && !(await this.#journal.numberOfLid(from))) await this.#askNumber(client, from);
          await this.#line.run(() => this.#tellHeld(from));
        }
      }
    } finally {
      this.#isAsking = false;
    }
  }

  /** @param {Client} client @param {string} from */
  async #askNumber(client, from) {
    try {
      const number = isLid(from) ? await within(this.#clock, this.#waits.check, 'number of a hidden id', client.numberOfLid(from)) : null;
      if (number) await this.#journal.rememberLid(from, number);
      else await this.#setAside(from);
    } catch (error) {
      this.#log.warn(facts(error), 'the number of a hidden id could not be asked; it is asked again');
    }
  }

  /** @param {string} from */
  async #setAside(from) {
    for (const held of await this.#journal.held()) {
      if (held.message.from !== from || held.isAside) continue;
      await this.#journal.setAside(held.message.id);
      this.#countLost();
      this.#log.warn({ event: held.message.id.slice(-6) }, 'a reply came from a hidden id whose number WhatsApp does not tell; it is kept until the number is known');
    }
  }
}
