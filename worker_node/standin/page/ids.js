/** The id of a chat or a person. */
export class Wid {
  /**
   * @param {string} user
   * @param {string} server
   */
  constructor(user, server) {
    this.server = server;
    this.user = user;
    this._serialized = `${user}@${server}`;
  }

  isLid() {
    return this.server === 'lid';
  }

  isUser() {
    return this.server === 'c.us' || this.server === 'lid';
  }

  isGroup() {
    return this.server === 'g.us';
  }

  isStatus() {
    return this._serialized === 'status@broadcast';
  }

  isNewsletter() {
    return this.server === 'newsletter';
  }

  toString() {
    return this._serialized;
  }
}

/**
 * @param {any} like a serialized id, a Wid, or what became of a Wid on its way through JSON
 * @returns {Wid}
 */
export function createWid(like) {
  const serialized = typeof like === 'string' ? like : like?._serialized;
  const parts = /^([\w-]+)@(c\.us|lid|g\.us|broadcast|newsletter)$/.exec(serialized ?? '');
  if (!parts || (parts[2] === 'c.us' && !/^\d+$/.test(parts[1] ?? ''))) throw new Error(`wid error: invalid wid: ${serialized}`);
  return new Wid(/** @type {string} */ (parts[1]), /** @type {string} */ (parts[2]));
}

export const widFactory = {
  createWid,
  createWidFromWidLike: createWid,
  /** @param {any} like */
  asUserWidOrThrow(like) {
    const wid = createWid(like);
    if (!wid.isUser()) throw new Error(`wid error: not a user: ${wid}`);
    return wid;
  },
};

/** Set by the switch `renamed_key`: keys made from now on keep their serialized form under another name. */
export const keyForm = { renamed: false };

/** What WhatsApp's minified code throws when its database is asked for `undefined`: it reaches the library's side as `r: r`. */
export const MinifiedError = class r extends Error {
  constructor() {
    super('r');
    this.name = 'r';
  }
};

/** The key of a message. */
export class MsgKey {
  /** @type {string} */
  #serialized;

  /** @returns {Promise<string>} */
  static async newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(9));
    return `3EB0${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase()}`;
  }

  /** @param {{from?: Wid, to?: Wid, remote?: Wid, id: string, participant?: Wid | undefined, selfDir?: string, fromMe?: boolean}} parts */
  constructor({ to, remote, id, participant, selfDir, fromMe }) {
    this.fromMe = fromMe ?? selfDir === 'out';
    this.remote = /** @type {Wid} */ (remote ?? to);
    this.id = id;
    if (participant) this.participant = participant;
    this.#serialized = [this.fromMe, this.remote, id, ...(participant ? [participant] : [])].join('_');
    Object.assign(this, keyForm.renamed ? { $1: this.#serialized } : { _serialized: this.#serialized });
  }

  toString() {
    return this.#serialized;
  }
}
