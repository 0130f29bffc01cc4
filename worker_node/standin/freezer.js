import { randomUUID } from 'node:crypto';

/** @import { ServerResponse } from 'node:http' */
/** @import { PageLine } from './page_line.js' */
/** @import { World } from './world/world.js' */

/** A page that has gone or is stuck already never comes to be held. */
const LONGEST_WAIT_MS = 2000;

/**
 * Blocks the main threads of pages. A frozen page waits in a synchronous request which is answered when it may go on: that costs no
 * processor time, and ends exactly when told.
 */
export class Freezer {
  /** @type {Map<string, {page: PageLine, arrived: () => void, response: ServerResponse | null}>} */
  #held = new Map();
  /** Pages that stand still in the middle of a send. @type {Map<ServerResponse, PageLine>} */
  #sending = new Map();

  /** @param {World} world */
  constructor(world) {
    this.world = world;
    world.on('connected', (page) => {
      if (this.world.behaviour(page.number).freeze === true) void this.#freeze(page, null);
    });
  }

  /**
   * Brings the pages into line with the switch `freeze`.
   *
   * @returns {Promise<void>} settled when every page that is to be frozen is
   */
  async apply() {
    for (const [response, page] of this.#sending) if (!this.world.behaviour(page.number).freeze_at_send) response.end();
    for (const [token, { page }] of this.#held) if (this.world.behaviour(page.number).freeze === false) this.#thaw(token);
    const due = [...this.world.pages].filter((page) => !page.frozen && this.world.behaviour(page.number).freeze !== false);
    await Promise.all(due.map((page) => this.#freeze(page, this.world.behaviour(page.number).freeze)));
  }

  /**
   * @param {PageLine} page
   * @param {boolean | number | null} how a number of milliseconds, or until told
   */
  async #freeze(page, how) {
    const token = randomUUID();
    page.frozen = true;
    await new Promise((/** @type {(value: void) => void} */ arrived) => {
      this.#held.set(token, { page, arrived, response: null });
      page.tell({ type: 'freeze', token });
      this.world.later(LONGEST_WAIT_MS, arrived);
    });
    if (typeof how === 'number') this.world.later(how, () => this.#thaw(token));
  }

  /**
   * The page's request has come: it stands still from now on.
   *
   * @param {string} token
   * @param {ServerResponse} response
   */
  hold(token, response) {
    const held = this.#held.get(token);
    if (!held) return void response.end();
    held.response = response;
    response.on('close', () => this.#thaw(token));
    return held.arrived();
  }

  /**
   * The page stands still in the middle of a send.
   *
   * @param {string} number
   * @param {ServerResponse} response
   */
  holdSend(number, response) {
    const page = [...this.world.pages].find((one) => one.number === number);
    if (!page || !this.world.behaviour(number).freeze_at_send) return void response.end();
    page.frozen = true;
    this.#sending.set(response, page);
    response.on('close', () => {
      this.#sending.delete(response);
      page.frozen = false;
    });
  }

  /** @param {string} token */
  #thaw(token) {
    const held = this.#held.get(token);
    if (!held) return;
    this.#held.delete(token);
    held.page.frozen = false;
    held.arrived();
    held.response?.end();
  }

  thawAll() {
    for (const token of this.#held.keys()) this.#thaw(token);
    for (const response of this.#sending.keys()) response.end();
  }
}
