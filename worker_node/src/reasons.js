/**
 * Every reason there is, and what it means. Others build on these words: the types keep the code to them, a test keeps the README to them.
 *
 * @typedef {keyof typeof FAILED} FailedReason
 * @typedef {keyof typeof UNKNOWN} UnknownReason
 * @typedef {keyof typeof SESSION} SessionReason
 */

/** Of a message that is `failed`: it certainly did not go out, or WhatsApp refused it. */
export const FAILED = /** @type {const} */ ({
  not_on_whatsapp: 'nobody with this number; fault `person`',
  media_refused: 'the file could not be read or uploaded; fault `account`',
  refused_by_whatsapp: 'WhatsApp took it from the page and refused it (ack -1); fault `account`',
  unlinked: 'the phone removed the link before its turn came; may be retried',
  restricted: 'WhatsApp closed the account before its turn came; fault `restriction`, may be retried',
  channel_down: 'the browser or the connection went away before its turn came; may be retried',
  worker_restarted: 'the worker ended before its turn came; may be retried',
  queue_timeout: 'it waited too long for its turn; may be retried',
  check_failed: 'WhatsApp did not say whether the number is there; may be retried',
  no_answer: 'the page did not answer that question; may be retried',
  no_chat: 'the page could not open the chat; may be retried',
  news_waiting: 'the person wrote, or may have written, and that was not taken in yet: it may be a STOP; may be retried; fault `person`',
  never_sent: 'the key was closed before it was ever used; another key may be',
});

/** Of a message that is `unknown`: perhaps it went out. A word from `SESSION` says why the browser went away under it. */
export const UNKNOWN = /** @type {const} */ ({
  timeout: 'the page did not end the send in time',
  no_answer: 'the page ended the send and did not say what became of it',
  page_error: 'the page failed in the middle of the send',
  browser_gone: 'the browser ended under the send',
  page_crashed: 'the page crashed under the send',
  worker_restarted: 'the worker ended under the send',
});

/** Of a session: why it is as it is. Words in capitals are WhatsApp's own. */
export const SESSION = /** @type {const} */ ({
  worker_restarted: '`starting`: the worker began anew',
  browser_gone: '`starting` or `failed`: Chromium ended by itself',
  page_crashed: '`starting` or `failed`: the page crashed',
  page_frozen: '`starting` or `failed`: the page no longer answered',
  page_error: '`starting` or `failed`: a send failed in the page',
  no_answer: '`starting` or `failed`: a send ended without an answer',
  start_timeout: '`starting` or `failed`: the page did not come up in time',
  start_failed: '`starting` or `failed`: Chromium or the page did not start',
  no_qr: '`starting` or `failed`: the page showed no QR',
  sync_timeout: '`starting` or `failed`: linked, but not synced in time',
  catch_up_failed: '`starting` or `failed`: what came meanwhile could not be read',
  offline_too_long: '`starting` or `failed`: without WhatsApp for too long',
  memory_limit: '`starting`: the browser had grown too large, and nothing was to send',
  slept: '`starting`: the machine slept, or its clock leapt; what people wrote meanwhile is read',
  other_number: '`logged_out`: the phone of another number was linked than the expected one; `starting`: it is looked whose phone it is',
  page_reloaded: '`syncing`: the page was loaded anew; `starting` or `failed`: and did not come up again',
  stopped: '`stopped`: somebody asked for it',
  not_scanned: '`stopped`: nobody used the QR or code',
  too_many_sessions: '`stopped`: the worker’s limit was lowered',
  worker_stopped: 'only of messages: the worker stopped in order',
  removed: 'only of messages: the session was deleted',
  unlinked: 'only of messages: the link was removed',
  restricted: 'only of messages: WhatsApp closed the account',
  logout: '`logged_out`: by this worker; the phone knows',
  forgotten: '`logged_out`: by this worker; the phone could not be told and still lists the device',
  LOGOUT: '`logged_out`: the phone removed the link',
  UNPAIRED: '`logged_out`: the phone removed the link, or the browser was killed before it had written the link down',
  UNPAIRED_IDLE: '`logged_out`: the phone removed the link',
  TOS_BLOCK: '`restricted`: WhatsApp blocks the account for its terms',
  SMB_TOS_BLOCK: '`restricted`: WhatsApp blocks the business account for its terms',
  PROXYBLOCK: '`restricted`: WhatsApp refuses the address this machine comes from',
  CONFLICT: '`starting` or `failed`: another browser took the session over',
  DEPRECATED_VERSION: '`starting` or `failed`: WhatsApp wants a newer page',
  CONNECTED: '`syncing`: the page is connected, and loads what it needs',
  OPENING: '`offline` or `syncing`: connecting',
  PAIRING: '`offline` or `syncing`: the phone is being linked',
  TIMEOUT: '`offline` or `syncing`: WhatsApp does not answer',
  UNLAUNCHED: '`offline` or `syncing`: not connected',
});
