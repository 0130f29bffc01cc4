import { NotSent, PageGone, isLid } from '../client/port.js';
import { Refusal } from '../errors.js';
import { afterRestart, isAnswered, stepOfAck } from '../journal/entry.js';
import { Bell } from '../system/bell.js';
import { DeadlineError, within } from '../system/clock.js';
import { facts } from '../system/log.js';
import { discard, newJob, orGone } from './job.js';
import { textHash } from './matching.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').OwnMessage} OwnMessage
 * @typedef {import('../journal/entry.js').Entry} Entry
 * @typedef {import('../journal/entry.js').Fault} Fault
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').Parcel} Parcel
 * @typedef {import('../reasons.js').FailedReason} FailedReason
 * @typedef {import('../reasons.js').SessionReason} SessionReason
 * @typedef {import('../reasons.js').UnknownReason} UnknownReason
 *
 * @typedef {object} Line what the sender may ask of its session
 * @property {() => Client | null} client the one that can send now
 * @property {() => string} state
 * @property {(number: string, chat: string) => Promise<boolean>} mayHaveMissed something that this person wrote may not have been told yet
 * @property {(client: Client, reason: SessionReason) => void} suspect this browser must be closed, and a new one started, before anything else is sent
 */

const AGAIN = /** @type {const} */ ({ canRetry: true, fault: 'account' });

/**
 * Sends one after another, and writes down each step before taking it. Never sends again: what may have gone out is `unknown`, and the
 * browser is closed before the next message, so that a frozen page cannot send it late.
 */
export class Sender {
  #journal;
  #receipts;
  #clock;
  #waits;
  #most;
  #log;
  #line;
  /** @type {Job[]} */
  #queue = [];
  /** @type {Job | null} */
  #current = null;
  #idle = new Bell();
  lastUsed = 0;

  /**
   * @param {object} parts
   * @param {import('../journal/journal.js').Journal} parts.journal
   * @param {import('./receipts.js').Receipts} parts.receipts
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('../system/log.js').Logger} parts.log
   * @param {Line} parts.line
   */
  constructor({ journal, receipts, clock, settings, log, line }) {
    this.#journal = journal;
    this.#receipts = receipts;
    this.#clock = clock;
    this.#waits = settings.waits;
    this.#most = settings.limits.maxQueue;
    this.#log = log;
    this.#line = line;
  }

  get waiting() {
    return this.#queue.length + (this.#current ? 1 : 0);
  }

  /**
   * Takes a message, or answers from the journal. The key stays free when this throws.
   * @param {Parcel} parcel
   * @returns {Promise<Entry>}
   */
  async accept(parcel) {
    const { entry, isNew } = await this.#journal.take(parcel.key, () => this.#admit(parcel));
    if (!isNew) {
      if (entry.hash !== null && entry.hash !== parcel.hash) throw new Refusal('key_reused', 'That key was used for another message.');
      await discard(parcel);
      return (await this.settled(entry)) ?? entry;
    }
    this.#queue.push(newJob(parcel, this.#clock.now()));
    this.#work().catch((error) => this.#log.error(facts(error), 'the queue stopped'));
    return entry;
  }

  /** What an entry is that a full disk or a lost moment has left behind. @param {Entry} entry @returns {Promise<Entry | undefined>} */
  async settled(entry) {
    if ((entry.state !== 'queued' && entry.state !== 'attempting') || this.#holds(entry.key)) return entry;
    const now = await this.#journal.get(entry.key);
    if (!now || now.state !== entry.state || this.#holds(entry.key)) return now;
    return (await this.#journal.step(entry.key, afterRestart(now), (still) => still.state === now.state)).entry;
  }

  /** @param {string} key */
  #holds(key) {
    return this.#current?.parcel.key === key || this.#queue.some((job) => job.parcel.key === key);
  }

  /** Fails what waits; nothing of it has touched the page. @param {FailedReason} reason @param {Fault} fault */
  async failQueued(reason, fault) {
    for (const job of this.#queue.splice(0)) await this.#fail(job, reason, { canRetry: true, fault });
  }

  /**
   * The browser is going or gone: what is under way has an unknown end, what waits fails.
   * @param {SessionReason} reason
   * @param {{queued: FailedReason, fault: Fault}} [how]
   */
  lineWentDead(reason, { queued, fault } = { queued: 'channel_down', fault: 'account' }) {
    this.#current?.cut(reason);
    this.failQueued(queued, fault).catch((error) => this.#log.error(facts(error), 'what waited could not be failed'));
  }

  /** Until nothing is under way, or `ms`. @param {number} ms */
  async drained(ms) {
    await this.#idle.until(this.#clock, ms, () => (this.waiting === 0 ? true : undefined));
  }

  /**
   * The entry once WhatsApp's server has answered, or as it is after `ms`.
   * @param {string} key
   * @param {number} ms
   */
  async answered(key, ms) {
    const look = async () => {
      const entry = await this.#journal.get(key);
      return !entry || isAnswered(entry) ? { entry } : undefined;
    };
    const found = await this.#journal.bell.until(this.#clock, ms, look);
    return found ? found.entry : this.#journal.get(key);
  }

  /** Nothing new is taken while the session cannot send, or too much waits. */
  refuseUnready() {
    if (!this.#line.client()) throw new Refusal('not_ready', 'The session cannot send now.', this.#line.state());
    if (this.waiting >= this.#most) throw new Refusal('busy', 'Too many messages are waiting in this session.');
    if (this.#journal.events.isFull) throw new Refusal('busy', 'Too many events of this session wait to be taken in.');
  }

  /** @param {Parcel} parcel @returns {Entry} */
  #admit(parcel) {
    this.refuseUnready();
    const now = this.#clock.now();
    return {
      key: parcel.key, state: 'queued', hash: parcel.hash, reason: null, canRetry: false, fault: null, providerId: null, at: now, takenAt: now,
      to: parcel.to, kind: parcel.kind, textHash: textHash(parcel.text), filename: parcel.file?.filename ?? null,
      chat: null, attemptedAt: null, closedAt: null,
    };
  }

  async #work() {
    if (this.#current) return;
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      this.#current = job;
      this.lastUsed = this.#clock.now();
      try {
        await this.#one(job);
      } catch (error) {
        this.#log.error(facts(error), 'a step of a message could not be written down');
      } finally {
        this.#current = null;
        await discard(job.parcel);
      }
    }
    this.#idle.ring();
  }

  /** @param {Job} job */
  async #one(job) {
    const client = this.#line.client();
    if (!client) return this.#fail(job, 'channel_down', AGAIN);
    if (this.#clock.now() - job.takenAt > this.#waits.queue) return this.#fail(job, 'queue_timeout', AGAIN);
    const chat = await this.#chatOf(job, client);
    if (chat === null) return undefined;
    // It may be a STOP that nobody has taken in yet. What was missed becomes an event: asked the other way round, it could slip through.
    const hasNews = (await this.#line.mayHaveMissed(job.parcel.to, chat)) || (await this.#journal.hasNewsOf(job.parcel.to, job.parcel.heard));
    if (hasNews) return this.#fail(job, 'news_waiting', { canRetry: true, fault: 'person' });
    // The connection was lost while it was asked: what people wrote meanwhile is read first.
    if (this.#line.client() !== client) return this.#fail(job, 'channel_down', AGAIN);
    const { entry } = await this.#journal.step(job.parcel.key, { to: 'attempting', chat, attemptedAt: this.#clock.now() });
    if (entry?.state !== 'attempting') return undefined;
    if (job.gone || this.#line.client() !== client) return this.#fail(job, 'channel_down', AGAIN);
    this.#receipts.expect(entry, client);
    return this.#send(job, client, chat);
  }

  /** Which chat to write to; null: there is none, and the job has failed. @param {Job} job @param {Client} client */
  async #chatOf(job, client) {
    const { to } = job.parcel;
    try {
      const id = await this.#asked(job, 'number', client.numberId(to.slice(1)));
      if (id === null) {
        await this.#fail(job, 'not_on_whatsapp', { canRetry: false, fault: 'person' });
        return null;
      }
      const chat = await this.#asked(job, 'chat', client.findChat(id));
      if (chat === null) throw new NotSent('no_chat');
      for (const known of [id, chat].filter(isLid)) await this.#journal.rememberLid(known, to);
      return chat;
    } catch (error) {
      await this.#notAsked(job, client, error);
      return null;
    }
  }

  /** @template T @param {Job} job @param {string} what @param {Promise<T>} call @returns {Promise<T>} */
  async #asked(job, what, call) {
    const first = await orGone(job, within(this.#clock, this.#waits.check, what, call));
    if (first === 'gone') throw new PageGone();
    return first.value;
  }

  /** Nothing was sent; only asked. @param {Job} job @param {Client} client @param {unknown} error */
  async #notAsked(job, client, error) {
    this.#log.warn({ ...facts(error), key: job.parcel.key }, 'a message was not sent: its chat could not be found');
    if (error instanceof NotSent) return this.#fail(job, error.reason, AGAIN);
    if (error instanceof PageGone) return this.#fail(job, 'channel_down', AGAIN);
    if (!(error instanceof DeadlineError)) return this.#fail(job, 'check_failed', AGAIN);
    await this.#fail(job, 'no_answer', AGAIN);
    return this.#line.suspect(client, 'page_frozen');
  }

  /** @param {Job} job @param {Client} client @param {string} chat */
  async #send(job, client, chat) {
    const { text, kind, file, key } = job.parcel;
    const ms = file ? this.#waits.sendMedia : this.#waits.send;
    try {
      const first = await orGone(job, within(this.#clock, ms, 'send', client.send({ chat, text, kind, file })));
      if (first === 'gone') return await this.#unknown(key, job.gone ?? 'browser_gone');
      return await this.#answered(key, client, first.value, 'no_answer');
    } catch (error) {
      this.#log.warn({ ...facts(error), key }, 'the page did not send in order');
      if (error instanceof NotSent) return this.#fail(job, error.reason, { canRetry: false, fault: 'account' });
      if (error instanceof PageGone) return this.#suspect(key, client, job.gone ?? 'browser_gone', 'browser_gone');
      if (error instanceof DeadlineError) return this.#suspect(key, client, job.gone ?? 'timeout', 'page_frozen');
      return this.#answered(key, client, undefined, 'page_error');
    }
  }

  /**
   * The call has ended, so nothing of it can still go out. Where the page does not say what became of the message (it answers nothing, or with
   * an error after the message went out, as in July 2026), but this very message was seen to appear, it is known all the same.
   * @param {string} key
   * @param {Client} client
   * @param {OwnMessage | undefined} message
   * @param {'no_answer' | 'page_error'} otherwise
   */
  async #answered(key, client, message, otherwise) {
    const id = message?.id ?? (await this.#receipts.seenWithin(this.#clock, this.#waits.appear));
    if (id === null) return this.#suspect(key, client, otherwise, otherwise);
    await this.#receipts.advance(key, { ...stepOfAck(message?.ack ?? 0), providerId: id });
    return this.#receipts.useEarly(key, id);
  }

  /** Perhaps it went out, perhaps it still will: no other message before this browser is closed. @param {string} key @param {Client} client @param {UnknownReason | SessionReason} reason @param {SessionReason} why */
  async #suspect(key, client, reason, why) {
    await this.#unknown(key, reason);
    this.#line.suspect(client, why);
  }

  /** @param {string} key @param {UnknownReason | SessionReason} reason */
  #unknown(key, reason) {
    return this.#receipts.advance(key, { to: 'unknown', reason });
  }

  /** @param {Job} job @param {FailedReason} reason @param {{canRetry: boolean, fault: Fault}} how */
  async #fail(job, reason, { canRetry, fault }) {
    await this.#receipts.advance(job.parcel.key, { to: 'failed', reason, canRetry, fault });
    await discard(job.parcel);
  }
}
