import { DeadlineError } from '../system/clock.js';
import { NotSent, PageGone } from './port.js';

/** How puppeteer says that there is no page or browser any more. */
const GONE = /Target closed|Session closed|Connection closed|Page crashed|Browser has disconnected|detached Frame|frame was detached|Failed to launch|Not attached to an active page/i;

/**
 * What a failure of library, puppeteer or page means. They also throw strings, and errors whose message is a single letter.
 * @param {unknown} error
 * @returns {unknown}
 */
export function classify(error) {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'TargetCloseError' || name === 'ConnectionClosedError' || GONE.test(message)) return new PageGone(error);
  if (/timed out/i.test(message) && /protocol|Runtime\./i.test(`${name} ${message}`)) return new DeadlineError('the page');
  return error;
}

/**
 * Of a send: whether it failed while the file was still being prepared or uploaded. The library hands the message to WhatsApp only
 * afterwards, so that nothing can have gone out.
 * @param {unknown} error
 */
export function classifySend(error) {
  const found = classify(error);
  if (found !== error || !(error instanceof Error)) return found;
  const isMedia = /media-fault|upload failed/i.test(error.message) || /processMediaData|mediaInfoToFile/.test(error.stack ?? '');
  return isMedia ? new NotSent('media_refused', error) : error;
}
