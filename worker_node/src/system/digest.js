import { createHash } from 'node:crypto';

/** @param {string} text */
export function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
