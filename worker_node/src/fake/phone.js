import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bareId } from '../client/port.js';

/**
 * @typedef {import('../client/port.js').Kind} Kind
 * @typedef {import('../client/port.js').Received} Received
 *
 * @typedef {object} Got a message that has reached WhatsApp
 * @property {string} id
 * @property {string} to E.164
 * @property {string} chat
 * @property {string} text
 * @property {Kind} kind
 * @property {string | null} filename
 * @property {string | null} mime
 * @property {string | null} sha256 of the file
 * @property {number} ack
 * @property {number} at
 *
 * @typedef {'throw' | 'throw_after' | 'hang' | 'hang_after' | 'late' | 'undefined' | 'undefined_after' | 'no_event' | 'media_refused' | 'refuse'
 *   | 'crash' | 'crash_after' | 'die' | 'die_after' | 'die_at_check' | 'check_throws' | 'check_hangs'} Trouble
 *
 * @typedef {object} Kept
 * @property {boolean} linked
 * @property {string} number
 * @property {string | null} name
 * @property {boolean} lids the account addresses people by hidden ids
 * @property {number | null} autoAck the acknowledgement a message gets by itself; null: none
 * @property {string[]} unregistered
 * @property {string[]} hiddenNumbers lids whose number WhatsApp does not tell
 * @property {string[]} mute lids of which WhatsApp answers nothing at all
 * @property {string[]} unreadable chats that cannot be read; what stands in them is told by events only
 * @property {Got[]} got
 * @property {Received[]} received
 * @property {{id: string, name: string, broken: boolean, members: {id: string, name: string | null}[]}[]} groups
 * @property {Record<string, string>} contents files that people sent, in base64, by the message's id
 * @property {Trouble[]} troubles for the next sends, in order
 * @property {number} count
 */

/** @returns {Kept} */
function newlyMade() {
  return {
    linked: false, number: '', name: null, lids: false, autoAck: 1, unregistered: [], hiddenNumbers: [], mute: [], unreadable: [], got: [], received: [], groups: [],
    contents: {}, troubles: [], count: 0,
  };
}

/**
 * The far side of one fake session: the phone it is linked to and WhatsApp's servers, in memory, written to a file at every change so that it
 * outlives a killed worker as the real ones would.
 */
export class FakePhone {
  /** @type {Kept} */
  kept;
  /** @type {string | null} the socket's state as the page shows it, when it is not the usual one */
  socket = null;
  /** @type {import('./client.js').FakeClient | null} */
  client = null;
  /** @type {string | null} */
  code = null;
  #path;

  /** @param {string} path */
  constructor(path) {
    this.#path = path;
    this.kept = { ...newlyMade(), ...readJson(path) };
  }

  save() {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.kept));
    renameSync(`${this.#path}.new`, this.#path);
  }

  /** @param {Partial<Kept>} changes */
  change(changes) {
    Object.assign(this.kept, changes);
    this.save();
  }

  nextTrouble() {
    const [trouble, ...troubles] = this.kept.troubles;
    if (trouble) this.change({ troubles });
    return trouble;
  }

  /** @param {string} digits */
  idOf(digits) {
    return this.kept.lids ? `9${digits}@lid` : `${digits}@c.us`;
  }

  /** @param {string} chat */
  numberOf(chat) {
    return chat.endsWith('@lid') ? `+${chat.slice(1, -4)}` : `+${chat.slice(0, -5)}`;
  }

  newId() {
    this.change({ count: this.kept.count + 1 });
    return `3EB0${String(this.kept.count).padStart(16, '0')}`;
  }

  /** WhatsApp takes a message. @param {Omit<Got, 'ack'>} message @returns {Got} */
  take(message) {
    const got = { ...message, ack: 0 };
    this.change({ got: [...this.kept.got, got] });
    return got;
  }

  /** @param {string} id @param {number} ack */
  ack(id, ack) {
    const got = this.kept.got.find((one) => bareId(one.id) === bareId(id));
    if (!got) return false;
    got.ack = ack;
    this.save();
    this.client?.says('ack', got.id, ack);
    return true;
  }

  /** @param {string} id */
  contentOf(id) {
    const content = this.kept.contents[id];
    return content === undefined ? null : Buffer.from(content, 'base64');
  }

  /** @param {Omit<Received, 'id'> & {id?: string}} message @param {string | null} [content] in base64: of its file, where WhatsApp has it */
  reply(message, content = null) {
    /** @type {Received} */
    const received = { ...message, id: message.id ?? `false_${message.from}_${this.newId()}` };
    const { received: before, contents } = this.kept;
    this.change({ received: [...before, received], contents: content === null ? contents : { ...contents, [received.id]: content } });
    this.client?.says('received', received);
    return received;
  }
}

/** @param {string} path @returns {Partial<Kept>} */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
