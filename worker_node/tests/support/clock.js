/** A clock that stands still until it is moved. @implements {Clock} */
export class ManualClock {
  #now = Date.UTC(2026, 2, 2, 9, 30);
  /** @type {{at: number, run: () => void}[]} */
  #timers = [];

  now = () => this.#now;

  /** @param {number} ms @param {() => void} run */
  after = (ms, run) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  /** Whether somebody waits for exactly so long from now. @param {number} ms */
  isAwaited(ms) {
    return this.#timers.some(({ at }) => at - this.#now === ms);
  }

  /** Runs what is due on the way, in order. @param {number} ms */
  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}

/** @typedef {import('../../src/system/clock.js').Clock} Clock */
