import { rm } from 'node:fs/promises';
import { PageGone } from '../client/port.js';
import { DeadlineError, backoff, within } from '../system/clock.js';
import { facts } from '../system/log.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').ClientEvents} ClientEvents
 *
 * @typedef {import('../reasons.js').SessionReason} SessionReason
 *
 * @typedef {object} Hooks what the session does about it
 * @property {(client: Client) => ClientEvents} events
 * @property {(reason: SessionReason) => void} dead the browser is going or gone
 * @property {(reason: SessionReason | null) => Promise<void>} opening
 * @property {(reason: SessionReason) => void} restarting
 * @property {(reason: SessionReason, isNews: boolean) => Promise<void>} failed too often in a row; tried again after the longest wait. `isNews`: it was not before
 */

/**
 * One browser at a time for one session: opens it, closes it, opens it again after a failure, later each time.
 * Whoever closes forgets the client at once, so that nothing it still says counts; the next one opens when the last is dead.
 */
export class Lifecycle {
  #clock;
  #waits;
  #most;
  #log;
  #profileDir;
  #launch;
  #turn;
  #hooks;
  /** @type {Client | null} */
  client = null;
  openedAt = 0;
  /** initialize() has ended: the page can be asked. */
  isOpen = false;
  failures = 0;
  /** @type {Promise<void>} */
  #closing = Promise.resolve();
  #generation = 0;
  /** What is said of a restart, said before the next browser can say anything. @type {Promise<void>} */
  #noting = Promise.resolve();
  #cancelRetry = () => {};

  /**
   * @param {object} parts
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('../system/log.js').Logger} parts.log
   * @param {string} parts.profileDir
   * @param {(on: ClientEvents) => Client} parts.launch
   * @param {() => Promise<void>} parts.turn waits for this session's turn to launch
   * @param {Hooks} parts.hooks
   */
  constructor({ clock, settings, log, profileDir, launch, turn, hooks }) {
    this.#clock = clock;
    this.#waits = settings.waits;
    this.#most = settings.limits.maxRestarts;
    this.#log = log;
    this.#profileDir = profileDir;
    this.#launch = launch;
    this.#turn = turn;
    this.#hooks = hooks;
  }

  /** @param {Client} client */
  isCurrent(client) {
    return this.client === client;
  }

  /** @param {SessionReason | null} [reason] why it starts again */
  open(reason = null) {
    this.#cancelRetry();
    this.#generation += 1;
    const generation = this.#generation;
    this.#open(generation, reason).catch((error) => this.#log.error(facts(error), 'a browser could not be opened'));
  }

  /** @param {number} generation @param {SessionReason | null} reason */
  async #open(generation, reason) {
    await this.#noting;
    await this.#hooks.opening(reason);
    await this.#closing;
    await this.#turn();
    if (generation !== this.#generation || this.client) return;
    /** @type {Client | null} */
    let client = null;
    client = this.#launch(guarded(() => (client !== null && this.client === client ? this.#hooks.events(client) : null), this.#log));
    this.client = client;
    this.openedAt = this.#clock.now();
    try {
      await within(this.#clock, this.#waits.initialize, 'initialize', client.start());
      if (this.client === client) this.isOpen = true;
    } catch (error) {
      if (this.client !== client) return;
      this.#log.warn(facts(error), 'the page did not start');
      this.restart(startFailure(error));
    }
  }

  /** Closes the browser, and opens it again after a while. @param {SessionReason} reason @param {{planned?: boolean}} [how] */
  restart(reason, { planned = false } = {}) {
    this.#cancelRetry();
    this.#detach(reason);
    if (!planned) this.failures += 1;
    this.#hooks.restarting(reason);
    const { backoffFirst: first, backoffMost: most } = this.#waits;
    const isFailed = !planned && this.failures > this.#most;
    const wait = planned ? 0 : isFailed ? most : backoff({ first, most }, this.failures);
    this.#log.warn({ reason, wait, failures: this.failures }, 'the browser is started anew');
    const generation = this.#generation;
    const noted = isFailed ? this.#hooks.failed(reason, this.failures === this.#most + 1) : this.#hooks.opening(reason);
    this.#noting = noted.catch((error) => this.#log.error(facts(error), 'the restart could not be noted'));
    this.#cancelRetry = this.#clock.after(wait, () => {
      if (generation === this.#generation) this.open(reason);
    });
  }

  /** Closes the browser and leaves it closed. @param {SessionReason} reason */
  async close(reason) {
    this.#cancelRetry();
    this.#generation += 1;
    this.#detach(reason);
    await this.#closing;
  }

  /** Closes the browser and deletes its profile, once nothing of it runs any more. @param {SessionReason} reason */
  async forget(reason) {
    this.#cancelRetry();
    this.#generation += 1;
    this.#detach(reason);
    this.#closing = this.#closing
      .then(() => rm(this.#profileDir, { recursive: true, force: true, maxRetries: 4 }))
      .catch((error) => this.#log.error(facts(error), 'the profile could not be deleted'));
    await this.#closing;
  }

  /** @param {SessionReason} reason */
  #detach(reason) {
    const client = this.client;
    this.client = null;
    this.isOpen = false;
    this.#hooks.dead(reason);
    if (!client) return;
    this.#closing = this.#closing
      .then(() => client.close())
      .catch((error) => this.#log.error(facts(error), 'a browser could not be closed'));
  }
}

/** @param {unknown} error @returns {SessionReason} */
function startFailure(error) {
  if (error instanceof DeadlineError) return 'start_timeout';
  if (error instanceof PageGone) return 'browser_gone';
  return 'start_failed';
}

/**
 * Events that reach the session only while their client is the current one, and never throw back into the library, which would swallow
 * it into the page.
 * @param {() => ClientEvents | null} target
 * @param {import('../system/log.js').Logger} log
 * @returns {ClientEvents}
 */
function guarded(target, log) {
  const pass = (/** @type {keyof ClientEvents} */ event) => (/** @type {any[]} */ ...said) => {
    try {
      const hook = /** @type {((...said: any[]) => void) | undefined} */ (target()?.[event]);
      hook?.(...said);
    } catch (error) {
      log.error({ ...facts(error), event }, 'what WhatsApp said could not be dealt with');
    }
  };
  return {
    qr: pass('qr'),
    code: pass('code'),
    synced: pass('synced'),
    ready: pass('ready'),
    state: pass('state'),
    disconnected: pass('disconnected'),
    gone: pass('gone'),
    own: pass('own'),
    ack: pass('ack'),
    received: pass('received'),
    unreadable: pass('unreadable'),
  };
}
