import { NotSent, PageGone } from '../client/port.js';

/**
 * @typedef {import('../client/port.js').OwnMessage} OwnMessage
 * @typedef {import('./phone.js').Trouble} Trouble
 *
 * @typedef {object} Hands
 * @property {(isTold: boolean, ack?: number) => OwnMessage} deliver the message goes out; `isTold`: the page tells of it
 * @property {() => void} hold it goes out when the page thaws
 * @property {() => void} freeze
 * @property {() => void} crash
 * @property {() => void} die the worker is killed
 * @property {() => Promise<never>} never until the browser ends
 */

/**
 * What becomes of a send: everything that real pages, libraries and browsers do.
 * @param {Trouble | undefined} trouble
 * @param {Hands} hands
 * @returns {OwnMessage | undefined | Promise<never>}
 */
export function sendUnder(trouble, hands) {
  switch (trouble) {
    case 'media_refused':
      throw new NotSent('media_refused');
    case 'throw':
      throw new Error('Evaluation failed');
    case 'undefined':
      return undefined;
    case 'hang':
      return hands.never();
    case 'crash':
      hands.crash();
      throw new PageGone();
    case 'die':
      hands.die();
      return hands.never();
    case 'late':
      // The call to a frozen page is not cancelled by giving up on it.
      hands.freeze();
      hands.hold();
      return hands.never();
    case 'refuse':
      return hands.deliver(true, -1);
    default:
      return sentThen(trouble, hands);
  }
}

/** The message goes out, and then. @param {Trouble | undefined} trouble @param {Hands} hands @returns {OwnMessage | undefined | Promise<never>} */
function sentThen(trouble, hands) {
  const own = hands.deliver(trouble === undefined || trouble === 'undefined_after');
  switch (trouble) {
    case 'throw_after':
      throw new Error('Evaluation failed');
    case 'no_event':
    case 'undefined_after':
      return undefined;
    case 'hang_after':
      hands.freeze();
      return hands.never();
    case 'crash_after':
      hands.crash();
      throw new PageGone();
    case 'die_after':
      hands.die();
      return hands.never();
    default:
      return own;
  }
}
