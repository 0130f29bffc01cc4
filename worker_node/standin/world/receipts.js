import { draw } from './ids.js';

/** @import { Account, Sent } from './account.js' */
/** @import { WireMessage } from '../protocol.js' */
/** @import { World } from './world.js' */

/** What becomes of messages after the server took them: sent (1), delivered (2), read (3), each after its delay. */
export class Receipts {
  /** @type {Map<string, Set<string>>} receipts held back by `ack_stuck`: keys of messages, by number */
  #stuck = new Map();

  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /**
   * @param {Account} account
   * @param {WireMessage} wire
   * @param {Sent} sent
   */
  begin(account, wire, sent) {
    const behaviour = this.world.behaviour(account.number);
    const nth = (account.sentTo.get(sent.to) ?? 0) + 1;
    account.sentTo.set(sent.to, nth);
    /** @param {string} what @param {number} share */
    const happens = (what, share) => draw(behaviour.seed, what, account.number, sent.to, nth) < share;

    /** @type {[number, number][]} */
    const steps = [[1, behaviour.server_ack_ms]];
    if (sent.registered && happens('delivered', behaviour.delivered_share)) {
      steps.push([2, behaviour.delivered_ms]);
      if (happens('read', behaviour.read_share)) steps.push([3, behaviour.read_ms]);
    }
    let after = 0;
    for (const [ack, delay] of steps) {
      after += delay;
      this.world.later(after, () => this.#raise(account, wire, sent, ack));
    }
  }

  /**
   * @param {Account} account
   * @param {WireMessage} wire
   * @param {Sent} sent
   * @param {number} ack
   */
  #raise(account, wire, sent, ack) {
    sent.ack = Math.max(sent.ack, ack);
    if (this.world.behaviour(account.number).ack_stuck) {
      const held = this.#stuck.get(account.number) ?? new Set();
      this.#stuck.set(account.number, held.add(wire.key));
      return;
    }
    this.#tell(account, wire, sent.ack);
  }

  /**
   * @param {Account} account
   * @param {WireMessage} wire
   * @param {number} ack
   */
  #tell(account, wire, ack) {
    if (ack <= wire.ack) return;
    wire.ack = ack;
    for (const page of account.pages) page.tell({ type: 'ack', key: wire.key, ack });
  }

  /** Receipts that were held back and no longer are arrive now. */
  release() {
    for (const [number, keys] of this.#stuck) {
      const account = this.world.accounts.get(number);
      if (account && this.world.behaviour(number).ack_stuck) continue;
      this.#stuck.delete(number);
      for (const key of keys) {
        const known = account?.byKey.get(key);
        if (account && known?.sent) this.#tell(account, known.wire, known.sent.ack);
      }
    }
  }

  clear() {
    this.#stuck.clear();
  }
}
