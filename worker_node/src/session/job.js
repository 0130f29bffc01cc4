import { rm } from 'node:fs/promises';

/**
 * @typedef {object} Parcel a message to send
 * @property {string} key
 * @property {string} to E.164
 * @property {string} text
 * @property {import('../client/port.js').Kind} kind
 * @property {{path: string, filename: string, mime: string} | null} file
 * @property {string} hash of all that makes it this message
 * @property {number | null} heard the cursor up to which its sender has taken in what people wrote; null: as far as acknowledged
 *
 * @typedef {object} Job a parcel in the queue or under way
 * @property {Parcel} parcel
 * @property {number} takenAt
 * @property {import('../reasons.js').SessionReason | null} gone why the line went dead under it
 * @property {Promise<'gone'>} goneSoon
 * @property {(reason: import('../reasons.js').SessionReason) => void} cut
 */

/** @param {Parcel} parcel @param {number} takenAt @returns {Job} */
export function newJob(parcel, takenAt) {
  /** @type {(value: 'gone') => void} */
  let resolve = () => {};
  /** @type {Promise<'gone'>} */
  const goneSoon = new Promise((settle) => {
    resolve = settle;
  });
  /** @type {Job} */
  const job = { parcel, takenAt, gone: null, goneSoon, cut: () => {} };
  job.cut = (reason) => {
    job.gone ??= reason;
    resolve('gone');
  };
  return job;
}

/**
 * The call's answer, or 'gone' when the line goes dead first; what the call says later is of no interest.
 * @template T
 * @param {Job} job
 * @param {Promise<T>} call
 * @returns {Promise<{value: T} | 'gone'>}
 */
export function orGone(job, call) {
  return Promise.race([call.then((value) => ({ value })), job.goneSoon]);
}

/** The file has served. @param {{file: {path: string} | null}} parcel */
export async function discard({ file }) {
  if (file) await rm(file.path, { force: true });
}
