import { createHash, randomBytes } from 'node:crypto';

/**
 * A refusal by the stand-in, told as an HTTP status and a sentence.
 */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} reason
   */
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/**
 * An E.164 number as given, or a refusal with 400.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function numberOf(value) {
  if (typeof value === 'string' && /^\+[1-9]\d{5,14}$/.test(value)) return value;
  throw new Refused(400, `not an E.164 number: ${JSON.stringify(value)}`);
}

/** @param {string} number @returns {string} the serialized phone id of a number */
export const pnOf = (number) => `${number.slice(1)}@c.us`;

/** @param {string} pn @returns {string} the number behind a serialized phone id */
export const numberOfPn = (pn) => `+${pn.split('@')[0]}`;

/**
 * The LID of a number: always the same, and not to be guessed from the digits of the number.
 *
 * @param {string} number
 * @returns {string}
 */
export function lidOf(number) {
  const digits = BigInt(`0x${createHash('sha256').update(number).digest('hex').slice(0, 12)}`) % 10n ** 14n;
  return `1${digits.toString().padStart(14, '0')}@lid`;
}

/** @returns {string} the random part of a message written on a phone */
export const phoneMessageId = () => randomBytes(16).toString('hex').toUpperCase();

/**
 * @param {boolean} fromMe
 * @param {string} chat
 * @param {string} id
 * @param {string | null} participant
 * @returns {string}
 */
export const keyOf = (fromMe, chat, id, participant) => [fromMe, chat, id, ...(participant ? [participant] : [])].join('_');

/**
 * A number in [0, 1) that depends on nothing but its parts, so that shares come out the same in every run.
 *
 * @param {...(string | number)} parts
 * @returns {number}
 */
export function draw(...parts) {
  return createHash('sha256').update(parts.join('|')).digest().readUInt32BE(0) / 2 ** 32;
}
