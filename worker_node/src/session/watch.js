import { SESSION } from '../reasons.js';

/**
 * What to do about a session, from what its page says of itself. Reads no clock, touches nothing: a table in words.
 *
 * @typedef {import('../reasons.js').SessionReason} SessionReason
 *
 * @typedef {object} View
 * @property {import('./status.js').SessionState} state
 * @property {number} since of that state
 * @property {boolean} linked
 * @property {boolean} preparing it is being made ready just now
 * @property {number} missedProbes in a row
 * @property {number} toldReadyAt when the library was last made to notice; 0 never
 *
 * @typedef {{do: 'nothing' | 'refresh_qr' | 'tell_ready' | 'online' | 'give_up_linking'}
 *   | {do: 'offline' | 'syncing' | 'unlinked' | 'restricted' | 'restart', reason: SessionReason}} Action
 */

/** WhatsApp has closed this account, or this address, to the web client: nothing that is tried again helps. */
export const RESTRICTED = ['PROXYBLOCK', 'TOS_BLOCK', 'SMB_TOS_BLOCK'];
/** The phone no longer knows this browser. */
export const UNLINKED = ['LOGOUT', 'UNPAIRED', 'UNPAIRED_IDLE'];
/** Only a new page helps. */
const NEW_PAGE = ['CONFLICT', 'DEPRECATED_VERSION'];

/** WhatsApp's word for the socket's state as a reason; one that nobody knows yet is as good as not connected. @param {string} socket @returns {SessionReason} */
export function socketReason(socket) {
  return socket in SESSION ? /** @type {SessionReason} */ (socket) : 'UNLAUNCHED';
}

/** @type {Action} */
const NOTHING = { do: 'nothing' };

/**
 * @param {View} view
 * @param {import('../client/port.js').Probe | null} probe null: the page did not answer
 * @param {number} now
 * @param {import('../settings.js').Waits} waits
 * @returns {Action}
 */
export function decide(view, probe, now, waits) {
  if (probe === null) return view.missedProbes >= 2 ? { do: 'restart', reason: 'page_frozen' } : NOTHING;
  const socket = probe.state ?? 'UNLAUNCHED';
  if (RESTRICTED.includes(socket)) return { do: 'restricted', reason: socketReason(socket) };
  if (NEW_PAGE.includes(socket)) return { do: 'restart', reason: socketReason(socket) };
  const lasted = now - view.since;
  switch (view.state) {
    case 'starting':
      return whileStarting(view, probe, socket, lasted, waits);
    case 'qr':
    case 'code':
      return whileLinking(view, socket, lasted, waits);
    case 'syncing':
      return whileSyncing(view, probe, now, waits);
    case 'ready':
      return whileReady(probe, socket);
    case 'offline':
      if (UNLINKED.includes(socket)) return { do: 'unlinked', reason: socketReason(socket) };
      if (socket === 'CONNECTED') return { do: 'online' };
      return lasted > waits.offline ? { do: 'restart', reason: 'offline_too_long' } : NOTHING;
    default:
      return NOTHING;
  }
}

/** @param {View} view @param {import('../client/port.js').Probe} probe @param {string} socket @param {number} lasted @param {import('../settings.js').Waits} waits @returns {Action} */
function whileStarting(view, probe, socket, lasted, waits) {
  if (!UNLINKED.includes(socket)) return probe.state === null ? NOTHING : { do: 'syncing', reason: socketReason(socket) };
  if (view.linked) return { do: 'unlinked', reason: socketReason(socket) };
  return lasted > waits.firstQr ? { do: 'restart', reason: 'no_qr' } : NOTHING;
}

/** @param {View} view @param {string} socket @param {number} lasted @param {import('../settings.js').Waits} waits @returns {Action} */
function whileLinking(view, socket, lasted, waits) {
  if (!UNLINKED.includes(socket)) return { do: 'syncing', reason: socketReason(socket) };
  if (lasted > waits.linking) return { do: 'give_up_linking' };
  return socket === 'UNPAIRED_IDLE' && view.state === 'qr' ? { do: 'refresh_qr' } : NOTHING;
}

/** @param {View} view @param {import('../client/port.js').Probe} probe @param {number} now @param {import('../settings.js').Waits} waits @returns {Action} */
function whileSyncing(view, probe, now, waits) {
  if (view.preparing) return NOTHING;
  if (view.linked && UNLINKED.includes(probe.state ?? '')) return { do: 'unlinked', reason: socketReason(probe.state ?? '') };
  if (now - view.since > waits.syncing) return { do: 'restart', reason: 'sync_timeout' };
  const quietFor = now - Math.max(view.since, view.toldReadyAt);
  return probe.state === 'CONNECTED' && probe.synced && quietFor > waits.missedReady ? { do: 'tell_ready' } : NOTHING;
}

/** @param {import('../client/port.js').Probe} probe @param {string} socket @returns {Action} */
function whileReady(probe, socket) {
  if (UNLINKED.includes(socket)) return { do: 'unlinked', reason: socketReason(socket) };
  if (!probe.injected) return { do: 'syncing', reason: 'page_reloaded' };
  return socket === 'CONNECTED' ? NOTHING : { do: 'offline', reason: socketReason(socket) };
}
