import { Emitter } from './emitter.js';

/** @typedef {Record<string, any>} Attributes */

/** Fields that stay in the page: they cannot, or must not, cross to the library's side as JSON. */
const KEPT_IN_PAGE = new Set(['mediaBlob', 'groupMetadata', 'mute']);

/**
 * A model: its attributes are its own properties, and a change of one is an event here and in the model's collection.
 */
export class Model extends Emitter {
  /** @type {Collection | null} */
  #collection = null;

  /** @param {Attributes} attributes */
  constructor(attributes) {
    super();
    Object.assign(this, attributes);
  }

  /** @param {Collection} collection */
  belongTo(collection) {
    this.#collection = collection;
  }

  /** @param {Attributes} changes */
  set(changes) {
    const own = /** @type {Attributes} */ (this);
    const changed = Object.keys(changes).filter((name) => own[name] !== changes[name]);
    const before = Object.fromEntries(changed.map((name) => [name, own[name]]));
    Object.assign(this, changes);
    for (const name of changed) this.trigger(`change:${name}`, this, own[name], before[name]);
    if (changed.length > 0) this.trigger('change', this);
  }

  /**
   * @override
   * @param {string} name
   * @param {...any} args
   */
  trigger(name, ...args) {
    super.trigger(name, ...args);
    this.#collection?.trigger(name, ...args);
  }

  /** @returns {Attributes} what may cross to the library's side */
  serialize() {
    return Object.fromEntries(Object.entries(this).filter(([name, value]) => value !== undefined && !KEPT_IN_PAGE.has(name)));
  }

  toJSON() {
    return this.serialize();
  }
}

/** @typedef {Model & Attributes} AnyModel */

/** Models by their serialized id. */
export class Collection extends Emitter {
  /** @type {Map<string, AnyModel>} */
  #models = new Map();

  /**
   * @param {any} model
   * @returns {AnyModel}
   */
  add(model) {
    this.#models.set(String(model.id), model);
    model.belongTo(this);
    this.trigger('add', model);
    return model;
  }

  /** @param {any} id serialized, or the id itself @returns {AnyModel | undefined} */
  get(id) {
    return id === undefined || id === null ? undefined : this.#models.get(String(id));
  }

  getModelsArray() {
    return [...this.#models.values()];
  }
}

/** A chat's own list of messages; they belong to the collection of all messages, whose events they raise. */
export class MessageList {
  /** @type {AnyModel[]} */
  #models = [];

  /** @param {AnyModel} model */
  add(model) {
    this.#models.push(model);
  }

  /** @param {AnyModel[]} models */
  addEarlier(models) {
    this.#models.unshift(...models);
  }

  getModelsArray() {
    return [...this.#models];
  }

  toJSON() {
    return this.#models.map((model) => String(model.id));
  }

  get length() {
    return this.#models.length;
  }
}
