import { numberOf, Refused } from './ids.js';

/** @import { PageSwitches } from '../protocol.js' */

/**
 * How WhatsApp behaves: every switch with its default. README.md says what each does.
 *
 * A default's type is the type its switch takes, except where CHECKS says otherwise.
 */
export const DEFAULTS = Object.freeze({
  unregistered: /** @type {string[]} */ ([]),
  unregistered_endings: /** @type {string[]} */ ([]),
  number_query_fails: false,
  query_ms: 0,
  sync_delay_ms: 50,
  miss_synced: false,
  never_loads: false,
  never_answers: false,
  qr_rotation_s: 20,
  qr_refs: 0,
  unpaired_idle: false,
  pairing_code_fails: false,
  server_ack_ms: 5,
  delivered_ms: 20,
  read_ms: 20,
  delivered_share: 1,
  read_share: 1,
  seed: 1,
  ack_stuck: false,
  refuse: /** @type {string[]} */ ([]),
  send_resolves_undefined: false,
  send_never_resolves: false,
  renamed_key: /** @type {boolean | 'quiet'} */ (false),
  freeze: /** @type {boolean | number} */ (false),
  freeze_at_send: false,
  offline: false,
  outbox_survives: false,
  replies_while_away: /** @type {'new' | 'history'} */ ('new'),
  restricted: /** @type {boolean | string} */ (false),
  new_chats_refused: false,
  group_fails: /** @type {string[]} */ ([]),
  upload_fails: false,
  media_gone: false,
  media_prep_fails: /** @type {string[]} */ ([]),
  history_loaded: 50,
  earlier_at_once: 50,
  earlier_fails: /** @type {string[]} */ ([]),
  earlier_hangs: /** @type {string[]} */ ([]),
});

/** @typedef {typeof DEFAULTS} Behaviour */
/** @typedef {keyof Behaviour} Switch */

/** Switches that happen to pages which no account is linked to yet, or before the page says whose it is. */
const ONLY_FOR_ALL = new Set(['never_loads', 'never_answers', 'qr_rotation_s', 'qr_refs', 'unpaired_idle', 'pairing_code_fails', 'media_gone']);

const STATES = ['TOS_BLOCK', 'SMB_TOS_BLOCK', 'PROXYBLOCK', 'DEPRECATED_VERSION', 'CONFLICT', 'TIMEOUT', 'UNPAIRED'];

/** @type {Record<string, (value: unknown) => boolean>} */
const CHECKS = {
  renamed_key: (value) => typeof value === 'boolean' || value === 'quiet',
  freeze: (value) => typeof value === 'boolean' || (typeof value === 'number' && value > 0),
  restricted: (value) => typeof value === 'boolean' || STATES.includes(String(value)),
  replies_while_away: (value) => value === 'new' || value === 'history',
};

/**
 * @param {string} name
 * @param {unknown} value
 */
function check(name, value) {
  const normal = DEFAULTS[/** @type {Switch} */ (name)];
  if (normal === undefined) throw new Refused(400, `no such switch: ${name}`);
  const own = CHECKS[name];
  const fits = own
    ? own(value)
    : Array.isArray(normal)
      ? Array.isArray(value) && value.every((item) => typeof item === 'string')
      : typeof value === typeof normal && (typeof value !== 'number' || value >= 0);
  if (!fits) throw new Refused(400, `${name} cannot be ${JSON.stringify(value)}`);
}

/** The switches as set for everybody and for single accounts. */
export class Switchboard {
  /** @type {Map<string | null, Partial<Behaviour>>} */
  #set = new Map();

  /**
   * @param {string | null} number whose behaviour; null for everybody's
   * @param {Record<string, unknown>} changes null takes a switch back to what is otherwise the case
   */
  change(number, changes) {
    if (number !== null) numberOf(number);
    for (const [name, value] of Object.entries(changes)) {
      if (value !== null) check(name, value);
      else if (!(name in DEFAULTS)) throw new Refused(400, `no such switch: ${name}`);
      if (number !== null && ONLY_FOR_ALL.has(name)) throw new Refused(400, `${name} is the same for everybody: give no number`);
    }
    const merged = { ...this.#set.get(number), ...changes };
    this.#set.set(number, Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)));
  }

  /**
   * @param {string | null} number
   * @returns {Behaviour}
   */
  of(number) {
    return { ...DEFAULTS, ...this.#set.get(null), ...(number === null ? {} : this.#set.get(number)) };
  }

  reset() {
    this.#set.clear();
  }

  /** @returns {Record<string, Partial<Behaviour>>} what differs from the defaults; `*` is everybody's */
  shown() {
    return Object.fromEntries([...this.#set].map(([number, changes]) => [number ?? '*', changes]));
  }
}

/**
 * @param {Behaviour} behaviour
 * @returns {PageSwitches}
 */
export function pageSwitches(behaviour) {
  const { sync_delay_ms, miss_synced, send_resolves_undefined, send_never_resolves, renamed_key, media_prep_fails } = behaviour;
  const { freeze_at_send, outbox_survives } = behaviour;
  return {
    sync_delay_ms, miss_synced, send_resolves_undefined, send_never_resolves, renamed_key, media_prep_fails, freeze_at_send, outbox_survives,
  };
}
