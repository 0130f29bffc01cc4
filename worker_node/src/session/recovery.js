import { DeadlineError } from '../system/clock.js';
import { PageGone, isLid } from '../client/port.js';
import { afterRestart, stepOfAck } from '../journal/entry.js';
import { facts } from '../system/log.js';
import { CLOCK_SLACK, certainMatches } from './matching.js';

/**
 * @typedef {import('../client/port.js').Client} Client
 * @typedef {import('../client/port.js').OwnMessage} OwnMessage
 * @typedef {import('../journal/entry.js').Entry} Entry
 * @typedef {import('../journal/journal.js').Journal} Journal
 */

const DAY = 86_400_000;
/** An unknown end that a day of looking has not cleared up is a person's to judge. */
const LOOK_FOR = DAY;
const ASK_FOR = 3 * DAY;
const ASK_MOST = 500;

/** What was under way when the worker died. @param {Journal} journal */
export async function settleAfterRestart(journal) {
  for (const entry of await journal.open()) {
    if (entry.state === 'queued' || entry.state === 'attempting') await journal.step(entry.key, afterRestart(entry));
  }
}

/**
 * Finds out what became of the messages with an unknown end. Only with a browser that was started after they were attempted: nothing of
 * them can go out any more, so what is not there now was not sent by a late page.
 * @param {object} parts
 * @param {Journal} parts.journal
 * @param {Client} parts.client
 * @param {number} parts.openedAt when this browser was started
 * @param {() => number} parts.now
 * @param {import('../system/log.js').Logger} parts.log
 */
export async function resolveUnknown({ journal, client, openedAt, now, log }) {
  const unknown = (await journal.open()).filter((entry) => entry.state === 'unknown' && now() - (entry.attemptedAt ?? 0) < LOOK_FOR);
  for (const entry of unknown) {
    if (entry.closedAt === null) await journal.note(entry.key, { closedAt: openedAt });
  }
  for (const entry of unknown.filter((one) => one.providerId !== null)) await askAck(journal, client, entry, log);
  const nameless = unknown.filter((one) => one.providerId === null && one.chat !== null);
  for (const chat of new Set(nameless.map((entry) => entry.chat))) {
    const attempts = nameless.filter((entry) => entry.chat === chat);
    const since = Math.min(...attempts.map((entry) => entry.attemptedAt ?? openedAt)) - CLOCK_SLACK;
    const messages = await quietly(log, () => client.ownMessages(/** @type {string} */ (chat), since));
    if (messages) await claim(journal, attempts, messages, openedAt);
  }
}

/** @param {Journal} journal @param {Entry[]} attempts @param {OwnMessage[]} messages @param {number} openedAt */
async function claim(journal, attempts, messages, openedAt) {
  /** @type {Set<string>} */
  const claimed = new Set();
  /** @type {Map<string, string>} */
  const lids = new Map();
  for (const { id, chat } of messages) {
    if (await journal.keyOf(id)) claimed.add(id);
    const number = isLid(chat) ? await journal.numberOfLid(chat) : undefined;
    if (number) lids.set(chat, number);
  }
  const found = certainMatches(attempts, messages, {
    claimed: (id) => claimed.has(id),
    closedAt: (entry) => entry.closedAt ?? openedAt,
    numberOfLid: (lid) => lids.get(lid),
  });
  for (const [key, message] of found) {
    await journal.step(key, { ...stepOfAck(message.ack), providerId: message.id });
  }
}

/**
 * Receipts that were missed while nobody listened.
 * @param {Journal} journal
 * @param {Client} client
 * @param {{now: () => number, log: import('../system/log.js').Logger, isCurrent: () => boolean, only?: (entry: Entry) => boolean}} how
 */
export async function catchUpAcks(journal, client, { now, log, isCurrent, only = () => true }) {
  const waiting = (await journal.open())
    .filter((entry) => entry.providerId !== null && entry.state !== 'unknown' && entry.state !== 'attempting')
    .filter((entry) => now() - (entry.attemptedAt ?? 0) < ASK_FOR && only(entry))
    .sort((a, b) => b.at - a.at)
    .slice(0, ASK_MOST);
  for (const entry of waiting) {
    if (!isCurrent()) return;
    await askAck(journal, client, entry, log);
  }
}

/** @param {Journal} journal @param {Client} client @param {Entry} entry @param {import('../system/log.js').Logger} log */
async function askAck(journal, client, entry, log) {
  const ack = await quietly(log, () => client.ackOf(/** @type {string} */ (entry.providerId)));
  if (ack !== null && ack !== undefined) await journal.step(entry.key, stepOfAck(ack));
}

/**
 * One question that WhatsApp refuses must not keep the others from being asked; a page that is gone must.
 * @template T
 * @param {import('../system/log.js').Logger} log
 * @param {() => Promise<T>} ask
 * @returns {Promise<T | undefined>}
 */
export async function quietly(log, ask) {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof PageGone || error instanceof DeadlineError) throw error;
    log.warn(facts(error), 'a question to the page was refused');
    return undefined;
  }
}
