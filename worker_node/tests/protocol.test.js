import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SCHEMAS, ref, validator } from '../src/http/protocol.js';

/** @type {{name: string, schema: string, body: any}[]} */
const GOLDEN = JSON.parse(readFileSync(new URL('../protocol/golden.json', import.meta.url), 'utf8'));

/** @param {string} name @param {unknown} body */
function isValid(name, body) {
  return validator.validate(ref(name), body);
}

test('every golden message is as the schemas say, in the worker’s own validator', () => {
  for (const { name, schema, body } of GOLDEN) assert.equal(isValid(schema, body), true, name);
});

test('a golden message with a field more, or one less, is refused', () => {
  for (const { name, schema, body } of GOLDEN) {
    assert.equal(isValid(schema, { ...body, surprise: 1 }), false, `${name}, with a field more`);
    for (const field of SCHEMAS.definitions[schema].required) {
      const { [field]: _, ...rest } = body;
      assert.equal(isValid(schema, rest), false, `${name}, without ${field}`);
    }
  }
});

test('every message that travels is shown in the golden file', () => {
  const travels = ['session', 'start_request', 'node', 'qr', 'pairing_request', 'pairing_code', 'message', 'message_state', 'check_request', 'checked', 'groups', 'group_members', 'events', 'error'];
  const shown = new Set(GOLDEN.map(({ schema }) => schema));
  assert.deepEqual(travels.filter((name) => !shown.has(name)), []);
});
