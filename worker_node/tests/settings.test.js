import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { launchOptions } from '../src/client/browser.js';
import { FAILED, SESSION, UNKNOWN } from '../src/reasons.js';
import { SettingsError, TABLES, settingNames, settingsFrom } from '../src/settings.js';
import { TOKEN, folder } from './support/at_work.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('what cannot be used is refused in a sentence that names the setting', () => {
  const wrong = {
    WORKER_PORT: 'x', WORKER_MAX_SESSIONS: '1.5', WORKER_SEND_SECONDS: '-1', WORKER_PROBE_SECONDS: 'soon', WORKER_CLOSE_SECONDS: '100000', WORKER_FAKE: 'yes',
    WORKER_LOG_LEVEL: 'loud', WORKER_CHROMIUM_ARGS: '--a --b', WORKER_KEEP_DAYS: '-3',
  };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(() => settingsFrom({ WORKER_TOKEN: TOKEN, [name]: value }), (error) => error instanceof SettingsError && error.message.includes(name), name);
  }
});

test('no start without a token, or with one that could be guessed; it may stand in a file', async (t) => {
  const dir = await folder(t);
  const file = join(dir, 'token');
  await writeFile(file, `${TOKEN}\n`);
  assert.equal(settingsFrom({ WORKER_TOKEN_FILE: file }).token, TOKEN);
  await writeFile(file, 'short\n');
  /** @type {[Record<string, string>, RegExp][]} */
  const refused = [
    [{}, /must be given/], [{ WORKER_TOKEN: ' ' }, /must be given/], [{ WORKER_TOKEN: 'x'.repeat(31) }, /at least 32/], [{ WORKER_TOKEN_FILE: file }, /at least 32/],
    [{ WORKER_TOKEN_FILE: join(dir, 'nowhere') }, /cannot be read: ENOENT/], [{ WORKER_TOKEN: `${'x'.repeat(40)} y` }, /without spaces/],
  ];
  for (const [env, said] of refused) assert.throws(() => settingsFrom(env), (error) => error instanceof SettingsError && said.test(error.message));
});

test('the standard settings listen on loopback only', () => {
  const settings = settingsFrom({ WORKER_TOKEN: TOKEN });
  assert.deepEqual([settings.host, settings.port, settings.limits.maxSessions, settings.fake], ['127.0.0.1', 8790, 10, false]);
});

test('Chromium gets of the environment what it needs, and not the token', () => {
  const wanted = { PATH: '/bin', HOME: '/home/x', LANG: 'C', LC_ALL: 'C', TMPDIR: '/tmp', XDG_RUNTIME_DIR: '/run', DISPLAY: ':0', https_proxy: 'http://p', NO_PROXY: 'localhost' };
  const settings = settingsFrom({ ...wanted, WORKER_TOKEN: TOKEN, WORKER_TOKEN_FILE: '', BOT_TOKEN: 'x', DATABASE_URL: 'x', NODE_OPTIONS: 'x', MY_PATH: 'x', PATHS: 'x' });
  assert.deepEqual(settings.chromiumEnv, wanted);
  assert.equal(launchOptions(settings).env, settings.chromiumEnv);
});

test('every setting is documented, with its standard value', () => {
  for (const name of settingNames()) assert.ok(README.includes(`\`${name}\``), name);
  for (const [name, standard] of [...Object.values(TABLES.seconds), ...Object.values(TABLES.numbers)]) {
    assert.ok(README.includes(`| \`${name}\` | ${standard} |`), `${name} ${standard}`);
  }
});

test('every reason is documented, with what it means', () => {
  for (const [name, meaning] of [...Object.entries(FAILED), ...Object.entries(UNKNOWN), ...Object.entries(SESSION)]) assert.ok(README.includes(`| \`${name}\` | ${meaning} |`), name);
});
