/** @typedef {(...args: any[]) => unknown} Listener */

/** Events the way WhatsApp's models give them: several names at once, separated by spaces. */
export class Emitter {
  /** @type {Map<string, Set<Listener>>} */
  #listeners = new Map();
  /** @type {Map<string, (() => void)[]>} */
  #longedFor = new Map();

  /**
   * @param {string} names
   * @param {Listener} listener
   */
  on(names, listener) {
    for (const name of names.split(' ')) {
      this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
      for (const tell of this.#longedFor.get(name) ?? []) tell();
      this.#longedFor.delete(name);
    }
    return this;
  }

  /**
   * @param {string} names
   * @param {Listener} listener
   */
  once(names, listener) {
    /** @type {Listener} */
    const first = (...args) => {
      this.off(names, first);
      return listener(...args);
    };
    return this.on(names, first);
  }

  /**
   * @param {string} names
   * @param {Listener} listener
   */
  off(names, listener) {
    for (const name of names.split(' ')) this.#listeners.get(name)?.delete(listener);
    return this;
  }

  /**
   * @param {string} name
   * @param {...any} args
   */
  trigger(name, ...args) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        // A listener of the library must not be able to stop the page's own work.
        console.error(`listener of ${name}:`, error);
      }
    }
  }

  /**
   * @param {string} name
   * @returns {Promise<void>} settled as soon as somebody listens
   */
  async heard(name) {
    if (this.#listeners.get(name)?.size) return;
    await new Promise((/** @type {(value: void) => void} */ tell) => {
      this.#longedFor.set(name, [...(this.#longedFor.get(name) ?? []), tell]);
    });
  }
}
