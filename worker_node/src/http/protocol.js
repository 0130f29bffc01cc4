import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

/** What travels, as protocol/schemas.json says it; the Python side reads the same file. */
export const SCHEMAS = JSON.parse(readFileSync(new URL('../../protocol/schemas.json', import.meta.url), 'utf8'));

/**
 * The one validator, of what comes and of what goes. Unknown fields are refused, not dropped, and values are not made to fit: a caller who means
 * something the worker does not understand must hear of it.
 */
export const validator = new Ajv({ removeAdditional: false, coerceTypes: false, useDefaults: false, strict: true, strictTypes: false });
validator.addSchema(SCHEMAS);

/** One object for each, so that the validator compiles each once. @type {Map<string, {$ref: string}>} */
const REFS = new Map();

/** @param {string} name of a definition */
export function ref(name) {
  const known = REFS.get(name) ?? { $ref: `${SCHEMAS.$id}#/definitions/${name}` };
  REFS.set(name, known);
  return known;
}

/** @param {string} [name] what a request is answered with; none: only refusals have a body */
export function answers(name) {
  const refusals = { '4xx': ref('error'), '5xx': ref('error') };
  return name ? { 200: ref(name), ...refusals } : refusals;
}

/** Seconds, in the address. */
export const WAIT = { type: 'string', pattern: '^[0-9]{1,4}(\\.[0-9]{1,3})?$' };
export const MOST_WAIT = 60_000;

/** @param {Record<string, object>} properties @param {string[]} [required] */
export function exactly(properties, required = []) {
  return { type: 'object', additionalProperties: false, properties, required };
}

export const ID = exactly({ id: ref('session_id') }, ['id']);
export const ID_AND_KEY = exactly({ id: ref('session_id'), key: ref('key') }, ['id', 'key']);
/** A request that says nothing: no body, or an empty object. */
export const NO_BODY = { type: ['object', 'null'], additionalProperties: false };
export const NO_QUERY = exactly({});

/** Milliseconds to wait, at most a minute. @param {string | undefined} seconds */
export function waitOf(seconds) {
  return Math.min(MOST_WAIT, Math.round(Number(seconds ?? 0) * 1000));
}
