import { within } from '../system/clock.js';
import { Mutex } from '../system/mutex.js';
import { catchUpAcks } from './recovery.js';
import { decide } from './watch.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 */

/** A message that WhatsApp's server should long have had is asked after. */
const ASK_AFTER = 30_000;
const ASK_EVERY = 60_000;
/** Nothing to send for so long: a browser that has grown too large may be replaced. */
const IDLE_FOR = 60_000;
/** No look takes this long: the machine slept, or the clock leapt. */
const SLEPT = 300_000;

/** Looks after one session every few seconds: asks its page how it is, and does what `decide` says. */
export class Upkeep {
  #parts;
  #awakeAt;
  #missedProbes = 0;
  #toldReadyAt = 0;
  #askedAt = 0;
  #busy = false;
  #line = new Mutex();

  /**
   * @param {object} parts
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('../system/log.js').Logger} parts.log
   * @param {import('../journal/journal.js').Journal} parts.journal
   * @param {import('./status.js').Status} parts.status
   * @param {import('./lifecycle.js').Lifecycle} parts.life
   * @param {import('./inbox.js').Inbox} parts.inbox
   * @param {import('./sender.js').Sender} parts.sender
   * @param {import('./course.js').Course} parts.course
   * @param {() => Promise<void>} parts.giveUpLinking
   */
  constructor(parts) {
    this.#parts = parts;
    this.#awakeAt = parts.clock.now();
  }

  /** It was not looked for so long that people may have written what the page knows nothing of, though it says that it is connected. */
  get mayHaveSlept() {
    return this.#parts.clock.now() - this.#awakeAt > Math.max(SLEPT, 3 * this.#parts.settings.waits.watch);
  }

  /** Begins anew where the machine slept: what the last browser says of its connection is of before. */
  #hasSlept() {
    const { clock, status, course } = this.#parts;
    const { mayHaveSlept } = this;
    this.#awakeAt = clock.now();
    if (mayHaveSlept && status.linked) course.restart('slept', { planned: true });
    return mayHaveSlept && status.linked;
  }

  /** Looks, unless it is looking still. */
  async tick() {
    if (!this.#busy) await this.lookAnew();
  }

  /** Looks after what happened just now; not content with a look that has begun before. */
  lookAnew() {
    return this.#line.run(async () => {
      this.#busy = true;
      try {
        await this.#look();
      } finally {
        this.#busy = false;
      }
    });
  }

  async #look() {
    const { clock, settings, life, status, course } = this.#parts;
    const client = life.client;
    const hasSlept = this.#hasSlept();
    if (hasSlept || !client || !life.isOpen) {
      this.#missedProbes = 0;
      return;
    }
    const probe = await within(clock, settings.waits.probe, 'probe', client.probe()).catch(() => null);
    if (!life.isCurrent(client)) return;
    this.#missedProbes = probe === null ? this.#missedProbes + 1 : 0;
    const { state, since, linked } = status;
    const view = { state, since, linked, preparing: course.isPreparing, missedProbes: this.#missedProbes, toldReadyAt: this.#toldReadyAt };
    await this.#act(client, decide(view, probe, clock.now(), settings.waits));
    if (status.state === 'ready' && life.isCurrent(client) && probe !== null) await this.#whileReady(client);
  }

  /** @param {Client} client @param {import('./watch.js').Action} action */
  async #act(client, action) {
    const { course, clock, settings } = this.#parts;
    switch (action.do) {
      case 'nothing':
        return undefined;
      case 'refresh_qr':
        return within(clock, settings.waits.probe, 'refreshing the QR', client.refreshQr());
      case 'tell_ready':
        this.#toldReadyAt = clock.now();
        return within(clock, settings.waits.probe, 'telling ready', client.tellReady());
      case 'online':
        // Catching up takes its time, and the page is looked after meanwhile.
        return course.do(course.online());
      case 'give_up_linking':
        return this.#parts.giveUpLinking();
      case 'restart':
        return course.restart(action.reason);
      default:
        return course[action.do](action.reason);
    }
  }

  /** @param {Client} client */
  async #whileReady(client) {
    const { clock, settings, life, status, inbox, sender, journal, log, course } = this.#parts;
    const now = clock.now();
    if (now - status.since > settings.waits.stable) life.failures = 0;
    if (this.#hasSlept()) return;
    course.do(inbox.goOn(client));
    await inbox.heard();
    const limit = settings.limits.memoryMb * 1024 * 1024;
    if (limit > 0 && (status.memoryBytes ?? 0) > limit && sender.waiting === 0 && now - sender.lastUsed > IDLE_FOR) {
      course.restart('memory_limit', { planned: true });
      return;
    }
    if (now - this.#askedAt < ASK_EVERY) return;
    this.#askedAt = now;
    const only = (/** @type {import('../journal/entry.js').Entry} */ entry) => entry.state === 'submitted' && now - entry.at > ASK_AFTER;
    const isCurrent = () => life.isCurrent(client);
    await within(clock, settings.waits.catchUp, 'asking after receipts', catchUpAcks(journal, client, { now: () => now, log, isCurrent, only }));
  }
}
