import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { running, tree } from '../../src/system/processes.js';
import { folder, until } from '../support/at_work.js';
import { Phones, RealWork } from '../support/chromium.js';

const BAKERY = '+905321234567';
const AYSE = '+905320000001';

test('a linked session outlives what happens to its page, and nobody gets a message twice', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones, { env: { WORKER_INITIALIZE_SECONDS: '6' } });
  await work.link(BAKERY);
  let count = 0;
  /** Each text is sent once. @returns {{key: string, to: string, text: string}} */
  const another = () => ({ key: `k${(count += 1)}`, to: AYSE, text: `text ${count}` });
  /** @param {object} behaviour */
  const behave = (behaviour) => phones.control('behaviour', { number: BAKERY, ...behaviour });

  await t.test('the answer is undefined, but the message went out: known at once (pitfall 9)', async () => {
    await behave({ send_resolves_undefined: true });
    const { key, ...message } = another();
    const { body } = await work.send(key, message);
    assert.ok(['submitted', 'server', 'delivered', 'read'].includes(body.state), JSON.stringify(body));
    await work.becomes(key, ['read']);
    await behave({ send_resolves_undefined: null });
    assert.equal((await work.session()).restarts, 0);
  });

  for (const renamed of [true, 'quiet']) {
    await t.test(`the fault of July 2026 (${renamed}): the library errs, the message went out, and that is known`, async () => {
      await behave({ renamed_key: renamed });
      const { key, ...message } = another();
      const { body } = await work.send(key, message);
      assert.notEqual(body.state, 'failed', JSON.stringify(body));
      await behave({ renamed_key: null });
      await work.state('ready');
      assert.ok((await phones.got(BAKERY, count)).includes(`${AYSE}: ${message.text}`));
      await until(async () => ['server', 'delivered', 'read'].includes((await work.message(key)).state), `it stays ${JSON.stringify(await work.message(key))}`);
    });
  }

  await t.test('the send never ends, but the message went out: unknown, then found with a new browser (pitfall 9)', async () => {
    await behave({ send_never_resolves: true });
    const { key, ...message } = another();
    const { restarts } = await work.session();
    const sending = work.send(key, message);
    await phones.got(BAKERY, count);
    await behave({ send_never_resolves: null });
    const { body } = await sending;
    assert.ok(['unknown', 'server', 'delivered', 'read'].includes(body.state), JSON.stringify(body));
    await work.readyAgain(restarts + 1);
    await work.becomes(key, ['read']);
  });

  await t.test('the page freezes under a send: what is judged stays so after the thaw (pitfall 9)', async () => {
    const { key, ...message } = another();
    const { restarts } = await work.session();
    await behave({ freeze: true });
    const sent = await work.send(key, message);
    await until(async () => (await work.session()).restarts === restarts + 1 && (await work.browsers()).length === 0, 'the frozen browser was not closed', 8000);
    await behave({ freeze: null });
    await work.readyAgain(restarts + 1);
    await pause(300);
    const now = await work.message(key);
    const isThere = (await phones.got(BAKERY)).includes(`${AYSE}: ${message.text}`);
    assert.deepEqual([sent.body.state, sent.body.reason, now.state, isThere], ['failed', 'no_answer', 'failed', false]);
  });

  for (const [when, isReplaced] of /** @type {[string, boolean][]} */ ([['when its browser was replaced', true], ['while its browser is being given up', false]])) {
    await t.test(`the page freezes in the middle of a send and thaws ${when}: it goes out once at most, and what became of it is known (pitfall 9)`, async () => {
      const { key, ...message } = another();
      const { restarts } = await work.session();
      await behave({ freeze_at_send: true });
      const isFrozen = async () => (await phones.control('pages')).some((/** @type {any} */ page) => page.frozen);
      const sent = work.send(key, message);
      await until(isFrozen, 'it did not come to stand still', 5000);
      assert.equal((await work.message(key)).state, 'attempting');
      await work.becomes(key, ['unknown']);
      if (isReplaced) await work.readyAgain(restarts + 1);
      await behave({ freeze_at_send: null });
      assert.deepEqual([(await sent).body.state, (await sent).body.reason], ['unknown', 'timeout']);
      await work.readyAgain(restarts + 1);
      assert.equal((await phones.control('pages')).length, 1, 'nothing is left that could thaw');
      const again = await work.send(key, message);
      const got = (await phones.got(BAKERY)).filter((one) => one === `${AYSE}: ${message.text}`);
      if (got.length === 0) assert.equal(again.body.state, 'unknown', 'for a person to judge');
      else assert.deepEqual([got.length, (await work.becomes(key, ['server', 'delivered', 'read'])).reason], [1, null]);
    });
  }

  await t.test('Chromium is killed: the library says nothing, the worker replaces it (pitfall 5)', async () => {
    const { restarts } = await work.session();
    const [browser] = await work.browsers();
    process.kill(Number(browser), 'SIGKILL');
    await work.readyAgain(restarts + 1);
    const told = await work.told(({ kind, reason, state }) => kind === 'account' && (reason === 'browser_gone' || state === 'connected'));
    assert.ok(told.some(({ state, reason }) => state === 'offline' && reason === 'browser_gone'));
  });

  await t.test('the page’s process is killed: calls would hang, the worker replaces it (pitfall 5)', async () => {
    const { restarts } = await work.session();
    const { key, ...message } = another();
    const [browser] = await work.browsers();
    const renderers = await rendererOf(tree(await running(), Number(browser)));
    assert.ok(renderers.length > 0);
    for (const pid of renderers) process.kill(pid, 'SIGKILL');
    await work.readyAgain(restarts + 1);
    assert.notEqual((await work.send(key, message)).body.state, 'failed');
  });

  await t.test('the page is loaded anew: not ready meanwhile, and ready again by itself', async () => {
    const { restarts, rev } = await work.session();
    await work.reload();
    await until(async () => (await work.session()).rev > rev, 'nothing was noticed');
    await work.state('ready');
    const { key, ...message } = another();
    await work.send(key, message);
    await work.becomes(key, ['read']);
    assert.equal((await work.session()).restarts, restarts);
  });

  await t.test('the page is loaded anew and never comes up: the library fails where nobody waits, node lives, the browser is replaced (pitfall 1)', async () => {
    const { restarts } = await work.session();
    await phones.control('behaviour', { never_answers: true });
    await work.reload();
    await work.state('syncing');
    await phones.control('behaviour', { never_answers: null });
    await work.readyAgain(restarts + 1);
  });

  await t.test('a restored session whose `ready` the library misses (pitfall 2)', async () => {
    await work.call('POST', '/v1/sessions/bakery/stop');
    await behave({ miss_synced: true });
    await work.call('PUT', '/v1/sessions/bakery');
    await work.state('ready');
    const { key, ...message } = another();
    await work.send(key, message);
    await work.becomes(key, ['read']);
    await behave({ miss_synced: null });
  });

  await t.test('what people wrote while no browser ran, with no event told, is known before the session may send', async () => {
    await behave({ replies_while_away: 'history' });
    await work.call('POST', '/v1/sessions/bakery/stop');
    await phones.control('reply', { from: AYSE, to: BAKERY, text: 'STOP while away' });
    await work.call('PUT', '/v1/sessions/bakery');
    await work.state('ready');
    const told = await work.events();
    assert.equal(told.filter(({ text }) => text === 'STOP while away').length, 1);
    // Taken in: from now on it is for whoever asked to decide whether she is written to.
    await work.call('GET', `/v1/sessions/bakery/events?after=${told.at(-1)?.cursor}`);
    await behave({ replies_while_away: null });
  });

  await t.test('receipts that nobody heard are asked for', async () => {
    await behave({ ack_stuck: true });
    const { key, ...message } = another();
    await work.send(key, message, { wait: 0 });
    await work.becomes(key, ['submitted']);
    await work.call('POST', '/v1/sessions/bakery/stop');
    await behave({ ack_stuck: null });
    await work.call('PUT', '/v1/sessions/bakery');
    await work.state('ready');
    await work.becomes(key, ['read']);
  });

  await t.test('after all this, each message reached its person once at most, and memory is told', async () => {
    const got = await phones.got(BAKERY);
    assert.equal(new Set(got).size, got.length);
    await until(async () => (await work.session()).memory_bytes > 50 * 1024 * 1024, 'its memory was not told');
  });
});

test('a page that never answers: given up, tried again, given up for good; no Chromium is left (pitfall 3)', async (t) => {
  const phones = await Phones.begin(t);
  await phones.control('behaviour', { never_loads: true });
  const work = await RealWork.start(t, phones, { env: { WORKER_INITIALIZE_SECONDS: '1.5', WORKER_MAX_RESTARTS: '1' } });
  await work.call('PUT', '/v1/sessions/bakery');
  assert.equal((await work.state('failed')).reason, 'start_timeout');
  await until(async () => (await work.browsers()).length === 0, 'Chromium was left running');
  await phones.control('behaviour', { never_loads: null });
  await work.end('SIGTERM');
  // With a deadline that a page which does answer keeps, however busy the machine is.
  const next = await RealWork.start(t, phones, { dir: work.dataDir });
  await next.call('PUT', '/v1/sessions/bakery');
  await next.state('qr');
});

test('a page without what the library waits for, a start cut short, and a Chromium that is not there (pitfalls 1 and 3)', async (t) => {
  const phones = await Phones.begin(t);
  await phones.control('behaviour', { never_answers: true });
  const work = await RealWork.start(t, phones, { env: { WORKER_INITIALIZE_SECONDS: '1.5', WORKER_MAX_RESTARTS: '0' } });
  await work.call('PUT', '/v1/sessions/bakery');
  assert.match((await work.state('failed')).reason, /^start_(timeout|failed)$/);
  await work.call('PUT', '/v1/sessions/choir');
  await pause(150);
  await work.call('POST', '/v1/sessions/choir/stop');
  assert.equal((await work.call('GET', '/v1/sessions/choir')).body.state, 'stopped');
  await until(async () => (await work.browsers()).length === 0, 'Chromium was left running');
  const without = await RealWork.start(t, phones, { dir: await folder(t), env: { CHROMIUM_PATH: '/nowhere/chromium', WORKER_MAX_RESTARTS: '0' } });
  assert.equal((await without.call('GET', '/readyz')).status, 503);
  await without.call('PUT', '/v1/sessions/bakery');
  assert.equal((await without.state('failed')).reason, 'start_failed');
});

/** Those among the processes that render pages. @param {number[]} pids */
async function rendererOf(pids) {
  const { readFile } = await import('node:fs/promises');
  const found = [];
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes('--type=renderer')) found.push(pid);
  }
  return found;
}
