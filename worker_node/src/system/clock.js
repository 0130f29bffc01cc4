/**
 * Time, handed to everything that waits, so that tests move it by hand.
 *
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since 1970, UTC
 * @property {(ms: number, run: () => void) => () => void} after runs once later; returns what cancels it
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Something took longer than it may. What was asked for may still happen. */
export class DeadlineError extends Error {
  /** @param {string} what */
  constructor(what) {
    super(`No answer in time: ${what}.`);
    this.name = 'DeadlineError';
  }
}

/**
 * The promise's answer, or DeadlineError after `ms`. Nothing is cancelled by it.
 * @template T
 * @param {Clock} clock
 * @param {number} ms
 * @param {string} what for the log
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function within(clock, ms, what, promise) {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new DeadlineError(what)));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}

/**
 * @param {Clock} clock
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function pause(clock, ms) {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** @param {number} ms */
export function iso(ms) {
  return new Date(ms).toISOString();
}

/**
 * How long to wait before trying again: doubling from `first`, never over `most`.
 * @param {{first: number, most: number}} pace milliseconds
 * @param {number} failures how often it failed in a row, from 1
 */
export function backoff({ first, most }, failures) {
  return Math.min(most, first * 2 ** Math.min(failures - 1, 30));
}
