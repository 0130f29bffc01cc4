import pino from 'pino';

/** @typedef {import('pino').Logger} Logger */

/**
 * JSON lines on stderr; stdout belongs to the supervisor.
 * @param {string} level
 * @returns {Logger}
 */
export function makeLog(level) {
  const stderr = pino.destination({ dest: 2, sync: true });
  // A parent that was killed reads no more; the worker must live on to stop in order.
  stderr.on('error', () => {});
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, stderr);
}

/** Every long run of digits cut to its last three: chat ids and phone numbers appear in the library's errors. @param {string} text */
export function scrub(text) {
  return text.replace(/\d{4,}(?=\d{3})/g, '…').slice(0, 400);
}

/**
 * What may be logged of a thrown thing; the library also throws strings.
 * @param {unknown} error
 */
export function facts(error) {
  if (!(error instanceof Error)) return { error: scrub(String(error)) };
  return { error: scrub(`${error.name}: ${error.message}`), at: where(error) };
}

/** @param {Error} error */
function where(error) {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return frames.slice(0, 3).map((line) => scrub(line.trim().replace(/\(?(file:\/\/)?\/[^)]*\/(?=[^/)]+\)?$)/, '(')));
}
