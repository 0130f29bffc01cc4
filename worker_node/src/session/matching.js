import { isLid, numberOf } from '../client/port.js';
import { sha256 } from '../system/digest.js';

/**
 * @typedef {import('../journal/entry.js').Entry} Entry
 * @typedef {import('../client/port.js').OwnMessage} OwnMessage
 */

/** WhatsApp counts whole seconds, cut off. */
export const CLOCK_SLACK = 2_000;

/** @param {string} text as it will be recognised again: the page may trim it */
export function textHash(text) {
  return sha256(text.trim());
}

/**
 * Whether a message that this account has sent could be the one of this attempt.
 * @param {Pick<Entry, 'to' | 'chat' | 'kind' | 'textHash' | 'filename'>} attempt
 * @param {OwnMessage} message
 * @param {(lid: string) => string | undefined} numberOfLid
 */
export function couldBe(attempt, message, numberOfLid) {
  if (attempt.kind !== message.kind || attempt.textHash !== textHash(message.text)) return false;
  if (attempt.kind === 'document' && message.filename !== null && message.filename !== attempt.filename) return false;
  if (message.chat === attempt.chat) return true;
  const number = isLid(message.chat) ? numberOfLid(message.chat) : numberOf(message.chat);
  return number !== undefined && number === attempt.to;
}

/**
 * Which of the account's own messages certainly belong to which unknown attempt: exactly one message could be it, that nobody else
 * claims, and no other attempt could be its owner. Anything else is left for a person.
 * @param {Entry[]} unknown attempts without WhatsApp's id
 * @param {OwnMessage[]} messages
 * @param {{claimed: (id: string) => boolean, closedAt: (entry: Entry) => number, numberOfLid: (lid: string) => string | undefined}} facts
 * @returns {Map<string, OwnMessage>} by key
 */
export function certainMatches(unknown, messages, { claimed, closedAt, numberOfLid }) {
  const free = messages.filter((message) => !claimed(message.id));
  const candidates = unknown.map((entry) => ({
    entry,
    fits: free.filter((message) => isWithin(message.at, entry, closedAt(entry)) && couldBe(entry, message, numberOfLid)),
  }));
  /** @type {Map<string, OwnMessage>} */
  const found = new Map();
  for (const { entry, fits } of candidates) {
    const [only] = fits;
    if (fits.length !== 1 || !only) continue;
    const rivals = candidates.filter((other) => other.entry.key !== entry.key && other.fits.some((message) => message.id === only.id));
    if (rivals.length === 0) found.set(entry.key, only);
  }
  return found;
}

/** @param {number} at @param {Entry} entry @param {number} closedAt */
function isWithin(at, entry, closedAt) {
  return entry.attemptedAt !== null && at >= entry.attemptedAt - CLOCK_SLACK && at <= closedAt + CLOCK_SLACK;
}
