import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

import { Account } from './account.js';
import { Switchboard } from './behaviour.js';
import { lidOf, numberOf, numberOfPn, pnOf, Refused } from './ids.js';
import { Linking } from './linking.js';
import { MediaStore } from './media.js';
import { Receipts } from './receipts.js';

/** @import { Behaviour } from './behaviour.js' */
/** @import { Device, Group } from './account.js' */
/** @import { WireMessage } from '../protocol.js' */
/** @import { PageLine } from '../page_line.js' */

/** WhatsApp lets a phone have four linked devices. */
const MOST_DEVICES = 4;

/**
 * WhatsApp's side of it all, in memory. It outlives every browser, and it is what counts how often somebody got a message.
 *
 * Emits `sent` with a number whenever it took a message from that account.
 */
export class World extends EventEmitter {
  switches = new Switchboard();
  media = new MediaStore();
  linking = new Linking(this);
  receipts = new Receipts(this);
  /** @type {Map<string, Account>} */
  accounts = new Map();
  /** @type {Set<PageLine>} */
  pages = new Set();
  /** @type {Map<string, number>} modules which pages asked for in vain, and how often */
  unknownModules = new Map();
  /** @type {Map<string, string>} numbers by LID */
  #lids = new Map();
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  #timers = new Set();

  constructor() {
    super();
    // Every waiting call of the control API listens for `sent`.
    this.setMaxListeners(0);
  }

  /** @param {string | null} number @returns {Behaviour} */
  behaviour(number) {
    return this.switches.of(number);
  }

  /**
   * @param {number} ms
   * @param {() => void} then
   * @returns {() => void} takes it back
   */
  later(ms, then) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  /** @param {unknown} number @returns {Account} */
  account(number) {
    const account = this.accounts.get(numberOf(number));
    if (!account) throw new Refused(404, `no account has the number ${number}`);
    return account;
  }

  /** @param {string} number @returns {string} the person's LID, which from now on can be read back */
  lid(number) {
    const lid = lidOf(number);
    this.#lids.set(lid, number);
    return lid;
  }

  /** @param {string} id of a chat @returns {string} a number where there is one, else the id */
  addressee(id) {
    return id.endsWith('@c.us') ? numberOfPn(id) : (this.#lids.get(id) ?? id);
  }

  /** @param {string} number @param {Behaviour} behaviour */
  registered(number, behaviour) {
    if (this.accounts.has(number)) return true;
    return !behaviour.unregistered.includes(number) && !behaviour.unregistered_endings.some((ending) => number.endsWith(ending));
  }

  /**
   * @param {Account} account
   * @param {string} id
   * @returns {{wid: string, pn: string, lid: string | null} | null}
   */
  exists(account, id) {
    const behaviour = this.behaviour(account.number);
    if (behaviour.number_query_fails) throw new Error('ServerStatusCodeError: 500');
    const number = this.addressee(id);
    if (!number.startsWith('+') || !this.registered(number, behaviour)) return null;
    this.lid(number);
    return { wid: account.idOf(number), pn: pnOf(number), lid: account.usesLids ? lidOf(number) : null };
  }

  /**
   * A phone and the page in front of it become linked.
   *
   * @param {PageLine} page
   * @param {{number: string, name: string, lid: boolean}} phone
   * @returns {Device}
   */
  link(page, { number, name, lid }) {
    const account = this.accounts.get(number) ?? new Account(number, name, lid, (id) => this.addressee(id));
    if (account.devices.size >= MOST_DEVICES) throw new Refused(409, `${number} has ${MOST_DEVICES} linked devices already`);
    account.name = name;
    account.usesLids = lid;
    this.lid(number);
    this.accounts.set(number, account);
    const device = { id: randomUUID(), browser: page.browser, page: null, waiting: [] };
    account.devices.set(device.id, device);
    page.becomeLinked(account, device);
    return device;
  }

  /** @param {string | null} id @returns {{account: Account, device: Device} | null} */
  deviceOf(id) {
    for (const account of this.accounts.values()) {
      const device = id === null ? undefined : account.devices.get(id);
      if (device) return { account, device };
    }
    return null;
  }

  /**
   * The phone removes its linked browsers.
   *
   * @param {unknown} number
   * @param {'navigate' | 'state'} how
   * @returns {number} how many pages were told
   */
  unlink(number, how) {
    const account = this.account(number);
    const pages = account.pages;
    account.devices.clear();
    for (const page of pages) page.becomeUnlinked(how);
    return pages.length;
  }

  /**
   * The server takes a message from a page, or refuses it. From here on it counts, whatever happens to the page.
   *
   * @param {Account} account
   * @param {WireMessage} wire
   */
  take(account, wire) {
    const known = account.byKey.get(wire.key);
    if (known?.sent) {
      if (wire.key === known.sent.id) known.sent.repeats += 1;
      if (known.wire.ack !== 0) for (const page of account.pages) page.tell({ type: 'ack', key: wire.key, ack: known.wire.ack });
      return;
    }
    const behaviour = this.behaviour(account.number);
    const number = this.addressee(wire.chat);
    const kept = wire.media ? this.media.get(wire.media) : null;
    const registered = !number.startsWith('+') || this.registered(number, behaviour);
    const sent = account.describe(wire, kept && { mime: kept.mime, size: kept.bytes.length }, registered);
    const stranger = number.startsWith('+') && !account.chats.get(wire.chat)?.messages.some((other) => other.ack >= 0);
    wire.ack = 0;
    account.remember(wire, sent);
    if (behaviour.restricted !== false || behaviour.refuse.includes(number) || (behaviour.new_chats_refused && stranger)) {
      sent.ack = wire.ack = -1;
      account.refused.push(sent);
      this.later(behaviour.server_ack_ms, () => {
        for (const page of account.pages) page.tell({ type: 'ack', key: wire.key, ack: -1 });
      });
      return;
    }
    account.sent.push(sent);
    this.receipts.begin(account, wire, sent);
    this.emit('sent', account.number);
  }

  /**
   * @param {number} ms
   * @returns {Promise<void>} settled with the next message anybody sends, or after `ms`
   */
  nextSent(ms) {
    return new Promise((done) => {
      const finish = () => {
        cancel();
        this.off('sent', finish);
        done();
      };
      const cancel = this.later(ms, finish);
      this.on('sent', finish);
    });
  }

  /**
   * A person writes to the account.
   *
   * @param {Account} account
   * @param {{from: string, name: string | null, text: string, group: string | null}} written
   * @param {{bytes: Buffer, mime: string, filename: string | null, type: string} | null} media
   * @returns {WireMessage}
   */
  reply(account, written, media) {
    if (written.group && !account.groups.has(written.group)) throw new Refused(404, `${account.number} is in no group ${written.group}`);
    this.lid(written.from);
    const kept = media && { ...media, sha256: this.media.keep(media.bytes, media.mime), size: media.bytes.length };
    const wire = account.receive(written, kept);
    for (const page of account.pages) page.bring(wire);
    return wire;
  }

  /**
   * @param {Account} account
   * @param {Group[]} groups
   */
  join(account, groups) {
    for (const group of groups) {
      account.groups.set(group.id, group);
      account.chat(group.id);
      for (const { number, lid } of group.participants) if (number) this.#lids.set(lid ?? lidOf(number), number);
    }
    for (const page of account.pages) page.tell({ type: 'groups', groups: account.groupNews() });
  }

  /** Everything is forgotten; pages that are open find out that they are linked to nobody. */
  reset() {
    this.stop();
    this.switches.reset();
    this.media.clear();
    this.linking.clear();
    this.receipts.clear();
    this.accounts.clear();
    this.unknownModules.clear();
    this.#lids.clear();
    for (const page of this.pages) page.hangUp();
  }

  /** No timer of this world goes off any more. */
  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.emit('sent');
  }
}
