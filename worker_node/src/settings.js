import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A setting that cannot be used; the sentence is for the operator. */
export class SettingsError extends Error {}

/** @typedef {Record<string, string | undefined>} Env */

/** Seconds, as numbers in the environment and milliseconds inside. Every wait of the worker is one of these. */
const SECONDS = /** @type {const} */ ({
  launch: ['WORKER_LAUNCH_SECONDS', 30, 'from launching Chromium to a blank page that answers'],
  initialize: ['WORKER_INITIALIZE_SECONDS', 120, 'from launching Chromium to a page that answers'],
  firstQr: ['WORKER_FIRST_QR_SECONDS', 60, 'from an unlinked page to its first QR'],
  linking: ['WORKER_LINKING_SECONDS', 900, 'a QR or code nobody uses: then the session stops'],
  pairingCode: ['WORKER_PAIRING_CODE_SECONDS', 30, 'asking WhatsApp for a pairing code'],
  syncing: ['WORKER_SYNCING_SECONDS', 300, 'from linked to ready'],
  missedReady: ['WORKER_MISSED_READY_SECONDS', 10, 'linked and synced, but the library said nothing: then it is told'],
  catchUp: ['WORKER_CATCH_UP_SECONDS', 60, 'reading what came while the worker was away'],
  offline: ['WORKER_OFFLINE_SECONDS', 600, 'without WhatsApp: then the browser is restarted'],
  check: ['WORKER_CHECK_SECONDS', 30, 'asking WhatsApp whether a number is there'],
  send: ['WORKER_SEND_SECONDS', 45, 'one text, from the page to its outbox'],
  sendMedia: ['WORKER_SEND_MEDIA_SECONDS', 180, 'one file, its upload included'],
  appear: ['WORKER_APPEAR_SECONDS', 1, 'a message whose send ended without an answer may still be seen to appear'],
  queue: ['WORKER_QUEUE_SECONDS', 300, 'waiting for its turn'],
  group: ['WORKER_GROUP_SECONDS', 30, 'reading one group'],
  content: ['WORKER_CONTENT_SECONDS', 60, 'fetching a file that a person sent'],
  probe: ['WORKER_PROBE_SECONDS', 15, 'a page that does not answer this long is frozen'],
  logout: ['WORKER_LOGOUT_SECONDS', 20, 'telling the phone'],
  close: ['WORKER_CLOSE_SECONDS', 10, 'closing Chromium in order; then it is killed'],
  drain: ['WORKER_DRAIN_SECONDS', 10, 'letting the send under way end before stopping'],
  stop: ['WORKER_STOP_SECONDS', 30, 'stopping in order; then everything is killed'],
  watch: ['WORKER_WATCH_SECONDS', 5, 'how often every session is looked after'],
  startGap: ['WORKER_START_GAP_SECONDS', 3, 'between two launches of Chromium'],
  backoffFirst: ['WORKER_BACKOFF_FIRST_SECONDS', 2, 'before the first restart; doubles each time'],
  backoffMost: ['WORKER_BACKOFF_MOST_SECONDS', 300, 'between restarts at most'],
  stable: ['WORKER_STABLE_SECONDS', 300, 'ready this long forgets earlier failures'],
});

/** Whole numbers. */
const NUMBERS = /** @type {const} */ ({
  maxSessions: ['WORKER_MAX_SESSIONS', 10, 'sessions that run at once'],
  maxKnown: ['WORKER_MAX_KNOWN_SESSIONS', 200, 'sessions remembered, stopped ones included'],
  maxRestarts: ['WORKER_MAX_RESTARTS', 8, 'failures in a row before a session is called failed, and tried again after the longest wait only'],
  maxQueue: ['WORKER_MAX_QUEUE', 100, 'messages waiting in one session'],
  maxEvents: ['WORKER_MAX_EVENTS', 20_000, 'events kept for one session; when they are as many, nothing is sent, and all but replies give way, receipts first'],
  maxEntries: ['WORKER_MAX_ENTRIES', 200_000, 'journal entries kept for one session; the oldest give way'],
  keepDays: ['WORKER_KEEP_DAYS', 30, 'days that a journal entry is kept'],
  mediaBytes: ['WORKER_MEDIA_BYTES', 64 * 1024 * 1024, 'the largest file taken'],
  contentBytes: ['WORKER_CONTENT_BYTES', 20 * 1024 * 1024, 'the largest file of a person that is fetched'],
  memoryMb: ['WORKER_SESSION_MEMORY_MB', 1500, 'a session over this is restarted when idle; 0 never'],
});

/** What Chromium gets of the worker's environment: where things are, languages, proxies. Above all not the token. */
const FOR_CHROMIUM = new RegExp(
  '^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|TZ|TMPDIR|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS|LD_LIBRARY_PATH|CHROME_DEVEL_SANDBOX' +
    '|(LC|XDG|FONTCONFIG)_\\w+|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy)$',
);

/**
 * @typedef {{[name in keyof typeof SECONDS]: number}} Waits milliseconds
 * @typedef {{[name in keyof typeof NUMBERS]: number}} Limits
 * @typedef {object} Settings
 * @property {string} host
 * @property {number} port
 * @property {string} dataDir absolute
 * @property {string} token
 * @property {string | undefined} chromiumPath
 * @property {string[]} chromiumArgs
 * @property {Env} chromiumEnv all of the environment that it sees
 * @property {boolean} sandbox
 * @property {boolean} fake
 * @property {boolean} stopWithParent
 * @property {string} logLevel
 * @property {Waits} waits
 * @property {Limits} limits
 */

/**
 * @param {Env} env
 * @returns {Settings}
 */
export function settingsFrom(env) {
  return {
    host: env.WORKER_HOST ?? '127.0.0.1',
    port: whole(env, 'WORKER_PORT', 8790, 0),
    dataDir: resolve(env.WORKER_DATA_DIR ?? 'data/worker'),
    token: tokenFrom(env),
    chromiumPath: env.CHROMIUM_PATH || undefined,
    chromiumArgs: argumentsFrom(env.WORKER_CHROMIUM_ARGS),
    chromiumEnv: Object.fromEntries(Object.entries(env).filter(([name]) => FOR_CHROMIUM.test(name))),
    // Chromium refuses its sandbox to root, as which containers often run.
    sandbox: flag(env, 'WORKER_CHROMIUM_SANDBOX', process.getuid?.() !== 0),
    fake: flag(env, 'WORKER_FAKE', false),
    stopWithParent: flag(env, 'WORKER_STOP_WITH_PARENT', false),
    logLevel: levelFrom(env.WORKER_LOG_LEVEL ?? 'info'),
    waits: /** @type {Waits} */ (each(SECONDS, (name, standard) => seconds(env, name, standard))),
    limits: /** @type {Limits} */ (each(NUMBERS, (name, standard) => whole(env, name, standard, 0))),
  };
}

/** Every setting by name, for the documentation's test. */
export function settingNames() {
  const plain = ['WORKER_HOST', 'WORKER_PORT', 'WORKER_DATA_DIR', 'WORKER_TOKEN', 'WORKER_TOKEN_FILE', 'CHROMIUM_PATH', 'WORKER_CHROMIUM_ARGS',
    'WORKER_CHROMIUM_SANDBOX', 'WORKER_FAKE', 'WORKER_STOP_WITH_PARENT', 'WORKER_LOG_LEVEL'];
  return [...plain, ...Object.values(SECONDS).map(([name]) => name), ...Object.values(NUMBERS).map(([name]) => name)];
}

/** The two tables, for the documentation's test. */
export const TABLES = { seconds: SECONDS, numbers: NUMBERS };

/**
 * @param {Record<string, readonly [string, number, string]>} table
 * @param {(name: string, standard: number) => number} read
 */
function each(table, read) {
  return Object.fromEntries(Object.entries(table).map(([key, [name, standard]]) => [key, read(name, standard)]));
}

/** @param {Env} env @param {string} name @param {number} standard */
function seconds(env, name, standard) {
  const value = env[name] === undefined || env[name] === '' ? standard : Number(env[name]);
  if (!Number.isFinite(value) || value < 0 || value > 86_400) throw new SettingsError(`${name} must be a number of seconds, at most a day.`);
  return Math.round(value * 1000);
}

/** @param {Env} env @param {string} name @param {number} standard @param {number} least */
function whole(env, name, standard, least) {
  const value = env[name] === undefined || env[name] === '' ? standard : Number(env[name]);
  if (!Number.isSafeInteger(value) || value < least) throw new SettingsError(`${name} must be a whole number from ${least}.`);
  return value;
}

/** @param {Env} env @param {string} name @param {boolean} standard */
function flag(env, name, standard) {
  const value = env[name];
  if (value === undefined || value === '') return standard;
  if (value === '1' || value === 'true') return true;
  if (value === '0' || value === 'false') return false;
  throw new SettingsError(`${name} must be 1 or 0.`);
}

/** @param {string} level */
function levelFrom(level) {
  if (['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].includes(level)) return level;
  throw new SettingsError('WORKER_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.');
}

/** @param {string | undefined} text */
function argumentsFrom(text) {
  if (!text) return [];
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new SettingsError('WORKER_CHROMIUM_ARGS must be a JSON array of strings.');
}

/** Whoever holds the token reads and writes in the owners' names: none, or a guessable one, is no start. @param {Env} env */
function tokenFrom(env) {
  const token = env.WORKER_TOKEN_FILE ? tokenFile(env.WORKER_TOKEN_FILE) : (env.WORKER_TOKEN ?? '').trim();
  if (!token) throw new SettingsError('WORKER_TOKEN_FILE or WORKER_TOKEN must be given: the token that every request carries.');
  if (token.length < 32) throw new SettingsError('The token must be at least 32 characters long.');
  if (!/^[\x21-\x7e]+$/.test(token)) throw new SettingsError('The token must be of printable characters without spaces.');
  return token;
}

/** @param {string} path */
function tokenFile(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SettingsError(`WORKER_TOKEN_FILE cannot be read: ${/** @type {NodeJS.ErrnoException} */ (error).code}.`);
  }
}
