import { randomBytes, randomInt } from 'node:crypto';

import { numberOf, Refused } from './ids.js';

/** @import { PageLine } from '../page_line.js' */
/** @import { World } from './world.js' */

/** Letters and digits that nobody mistakes for one another. */
const CODE_LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';

/** The refs and codes that pages show, and which of them are still good. */
export class Linking {
  /** @type {Map<string, PageLine>} */
  #refs = new Map();
  /** @type {Set<string>} */
  #stale = new Set();
  /** @type {Map<string, {page: PageLine, number: string}>} */
  #codes = new Map();

  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /**
   * A new ref for the page; the one it had before is no longer good.
   *
   * @param {PageLine} page
   * @returns {string}
   */
  newRef(page) {
    this.forget(page);
    const ref = `2@${randomBytes(96).toString('base64')}`;
    this.#refs.set(ref, page);
    page.shown = { ref, code: page.shown.code };
    return ref;
  }

  /**
   * @param {PageLine} page
   * @param {string} digits the number as the page gave it, without its plus sign
   * @returns {string}
   */
  newCode(page, digits) {
    if (this.world.behaviour(null).pairing_code_fails) throw new Error('bad-request: 400');
    const number = numberOf(`+${digits.replace(/^\+/, '')}`);
    if (page.shown.code) this.#codes.delete(page.shown.code);
    const code = Array.from({ length: 8 }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join('');
    this.#codes.set(code, { page, number });
    page.shown = { ref: page.shown.ref, code };
    return code;
  }

  /**
   * The page no longer shows its QR.
   *
   * @param {PageLine} page
   */
  forget(page) {
    if (!page.shown.ref) return;
    this.#refs.delete(page.shown.ref);
    this.#stale.add(page.shown.ref);
    page.shown = { ref: null, code: page.shown.code };
  }

  /** @param {PageLine} page that is gone, or linked */
  drop(page) {
    this.forget(page);
    if (page.shown.code) this.#codes.delete(page.shown.code);
    page.shown = { ref: null, code: null };
  }

  /**
   * The page that shows this QR.
   *
   * @param {unknown} qr
   * @returns {PageLine}
   */
  scanned(qr) {
    const parts = typeof qr === 'string' ? qr.split(',') : [];
    if (parts.length !== 5 || parts.some((part) => part === '')) {
      throw new Refused(400, 'not a QR of WhatsApp Web: ref,noise key,identity key,adv secret,platform');
    }
    const [ref, ...keys] = /** @type {[string, string, string, string, string]} */ (parts);
    const page = this.#refs.get(ref);
    if (!page && this.#stale.has(ref)) throw new Refused(410, 'this QR is stale: another one is shown by now, or nobody shows it any more');
    if (!page) throw new Refused(404, 'no page shows this QR');
    const { noise, identity, adv, platform } = page.keys;
    if (keys.join() !== [noise, identity, adv, platform].join()) throw new Refused(400, 'the keys in the QR are not those of the page');
    return page;
  }

  /**
   * The page that shows this code for this number.
   *
   * @param {unknown} code
   * @param {string} number
   * @returns {PageLine}
   */
  typed(code, number) {
    const shown = this.#codes.get(String(code).replace('-', '').toUpperCase());
    if (!shown) throw new Refused(404, 'no page shows this code');
    if (shown.number !== number) throw new Refused(403, 'this code was made for another number');
    return shown.page;
  }

  clear() {
    this.#refs.clear();
    this.#stale.clear();
    this.#codes.clear();
  }
}
