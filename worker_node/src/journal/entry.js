/**
 * One message under its key, from the moment it is taken until long after it was read.
 *
 * @typedef {'queued' | 'attempting' | 'submitted' | 'server' | 'delivered' | 'read' | 'failed' | 'unknown'} EntryState
 * @typedef {'person' | 'account' | 'restriction' | null} Fault
 * @typedef {import('../reasons.js').FailedReason} FailedReason
 * @typedef {import('../reasons.js').UnknownReason} UnknownReason
 * @typedef {import('../reasons.js').SessionReason} SessionReason
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {EntryState} state
 * @property {string | null} hash of the body; null for a key that was closed unused
 * @property {string | null} reason
 * @property {boolean} canRetry
 * @property {Fault} fault
 * @property {string | null} providerId
 * @property {number} at of the last change, milliseconds
 * @property {number} takenAt
 * @property {string | null} to E.164
 * @property {import('../client/port.js').Kind | null} kind
 * @property {string | null} textHash of the trimmed text: enough to recognise the message, and tells nobody what it said
 * @property {string | null} filename of a document
 * @property {string | null} chat
 * @property {number | null} attemptedAt
 * @property {number | null} closedAt nothing of this attempt can have gone out later than this
 *
 * @typedef {object} Step
 * @property {EntryState} to
 * @property {FailedReason | UnknownReason | SessionReason | null} [reason]
 * @property {boolean} [canRetry]
 * @property {Fault} [fault]
 * @property {string | null} [providerId]
 * @property {string | null} [chat]
 * @property {number | null} [attemptedAt]
 * @property {number | null} [closedAt]
 */

/**
 * What may follow what; the rest is refused. A message that WhatsApp refused and later acknowledges all the same did go out: the
 * truth wins. Nothing leads back to queued or attempting, so nothing is ever sent twice.
 * @type {Record<EntryState, readonly EntryState[]>}
 */
export const MOVES = {
  queued: ['attempting', 'failed'],
  attempting: ['submitted', 'server', 'delivered', 'read', 'failed', 'unknown'],
  submitted: ['server', 'delivered', 'read', 'failed'],
  unknown: ['submitted', 'server', 'delivered', 'read', 'failed'],
  server: ['delivered', 'read'],
  delivered: ['read'],
  read: [],
  failed: ['server', 'delivered', 'read'],
};

/** What a receipt calls them. @type {Partial<Record<EntryState, 'sent' | 'delivered' | 'read' | 'failed'>>} */
export const PROGRESS = { server: 'sent', delivered: 'delivered', read: 'read', failed: 'failed' };

/**
 * The entry after the step, or undefined where the step teaches nothing new.
 * @param {Entry} entry
 * @param {Step} step
 * @param {number} at
 * @returns {Entry | undefined}
 */
export function take(entry, step, at) {
  if (!MOVES[entry.state].includes(step.to)) return undefined;
  if (entry.state === 'failed' && entry.providerId === null) return undefined;
  const failed = step.to === 'failed';
  return {
    ...entry,
    state: step.to,
    reason: step.reason ?? null,
    canRetry: failed && (step.canRetry ?? false),
    fault: failed ? (step.fault ?? null) : null,
    providerId: step.providerId ?? entry.providerId,
    chat: step.chat ?? entry.chat,
    attemptedAt: step.attemptedAt ?? entry.attemptedAt,
    closedAt: step.closedAt ?? entry.closedAt,
    at,
  };
}

/** Where an acknowledgement leads. @param {number} ack @returns {Step} */
export function stepOfAck(ack) {
  if (ack < 0) return { to: 'failed', reason: 'refused_by_whatsapp', canRetry: false, fault: 'account' };
  if (ack === 0) return { to: 'submitted' };
  if (ack === 1) return { to: 'server' };
  if (ack === 2) return { to: 'delivered' };
  return { to: 'read' };
}

/** Nothing more is expected of it. @param {Entry} entry */
export function isOpen(entry) {
  return entry.state !== 'failed' && entry.state !== 'read';
}

/** Those who wait for WhatsApp's server have their answer. @param {Entry} entry */
export function isAnswered(entry) {
  return entry.state !== 'queued' && entry.state !== 'attempting' && entry.state !== 'submitted';
}

/** What a restart, or any lost moment, makes of what was under way. @param {Entry} entry @returns {Step} */
export function afterRestart(entry) {
  if (entry.state === 'queued') return { to: 'failed', reason: 'worker_restarted', canRetry: true, fault: 'account' };
  return { to: 'unknown', reason: 'worker_restarted' };
}
