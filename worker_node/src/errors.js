/**
 * Why a request is refused, and with which HTTP status. The sentence is for the log of whoever asked.
 * @typedef {keyof typeof STATUS_OF} RefusalCode
 */
export const STATUS_OF = /** @type {const} */ ({
  unauthorized: 401,
  bad_request: 400,
  too_large: 413,
  no_session: 404,
  no_message: 404,
  no_qr: 404,
  no_group: 404,
  gone: 410,
  not_found: 404,
  key_reused: 409,
  not_ready: 409,
  not_linking: 409,
  too_many_sessions: 429,
  busy: 429,
  refused: 502,
  page_failed: 502,
  stopping: 503,
  timeout: 504,
  disk_full: 507,
  internal: 500,
});

/** A request that is not done, and why. */
export class Refusal extends Error {
  /**
   * @param {RefusalCode} code
   * @param {string} message
   * @param {string} [state] with not_ready: the session's state
   */
  constructor(code, message, state) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.state = state;
  }

  get status() {
    return STATUS_OF[this.code];
  }
}

/** @param {unknown} error */
export function isDiskFull(error) {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    if (/ENOSPC|EDQUOT|No space left|Disk quota/i.test(`${/** @type {{code?: string}} */ (at).code ?? ''} ${at.message}`)) return true;
  }
  return false;
}
