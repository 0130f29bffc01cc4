import { createHash } from 'node:crypto';

/** Bytes that were uploaded, by their SHA-256 in hex. */
export class MediaStore {
  /** @type {Map<string, {bytes: Buffer, mime: string}>} */
  #kept = new Map();

  /**
   * @param {Buffer} bytes
   * @param {string} mime
   * @returns {string} the hash to ask for them by
   */
  keep(bytes, mime) {
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.#kept.set(hash, { bytes, mime });
    return hash;
  }

  /** @param {string} hash */
  get(hash) {
    return this.#kept.get(hash) ?? null;
  }

  clear() {
    this.#kept.clear();
  }
}
