/** @typedef {import('./clock.js').Clock} Clock */

/** Rings when something changed; whoever waits looks again. */
export class Bell {
  /** @type {Set<() => void>} */
  #waiting = new Set();
  #isClosed = false;

  ring() {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Nobody waits any more: each gets what there is. */
  close() {
    this.#isClosed = true;
    this.ring();
  }

  /**
   * The first answer of `look` that is not undefined, asked now and at each ring; what it says at the end of `ms` otherwise.
   * @template T
   * @param {Clock} clock
   * @param {number} ms
   * @param {() => T | undefined | Promise<T | undefined>} look
   * @returns {Promise<T | undefined>}
   */
  async until(clock, ms, look) {
    const end = clock.now() + ms;
    for (;;) {
      const rung = this.#next(clock, Math.max(0, end - clock.now()));
      const found = await look();
      const left = end - clock.now();
      if (found !== undefined || left <= 0 || this.#isClosed) {
        rung.cancel();
        return found;
      }
      if ((await rung.promise) === 'end') return look();
    }
  }

  /**
   * Listening begins before looking, so that a ring in between is not missed.
   * @param {Clock} clock
   * @param {number} ms
   */
  #next(clock, ms) {
    /** @type {(how: 'rung' | 'end') => void} */
    let settle = () => {};
    /** @type {Promise<'rung' | 'end'>} */
    const promise = new Promise((resolve) => {
      settle = resolve;
    });
    const stop = clock.after(ms, () => done('end'));
    const wake = () => done('rung');
    /** @param {'rung' | 'end'} how */
    const done = (how) => {
      stop();
      this.#waiting.delete(wake);
      settle(how);
    };
    this.#waiting.add(wake);
    return { promise, cancel: () => done('end') };
  }
}
