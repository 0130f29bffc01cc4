import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/at_work.js';
import { Phones, RealWork } from '../support/chromium.js';

const BAKERY = '+905321234567';
const CHOIR = '+905329999999';
const PEOPLE = ['+905320000001', '+905320000002', '+905320000003'];

test('two browsers that send at the same time: each person gets each message once, from the phone it was given to', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones);
  await Promise.all([work.link(BAKERY), work.link(CHOIR, { id: 'choir' })]);
  /** @type {Record<string, string[]>} */
  const given = { bakery: [], choir: [] };
  const sends = Array.from({ length: 12 }, (_, n) => {
    const [id, to] = [n % 2 ? 'bakery' : 'choir', String(PEOPLE[n % 3])];
    given[id]?.push(`${to}: ${n}`);
    return work.send(`k${n}`, { to, text: String(n) }, { id, wait: 60 });
  });
  for (const { body } of await Promise.all(sends)) assert.ok(['server', 'delivered', 'read'].includes(body.state), JSON.stringify(body));
  assert.deepEqual(await phones.got(BAKERY), given.bakery);
  assert.deepEqual(await phones.got(CHOIR), given.choir);
});

test('where nothing can be written in the working directory, a session becomes ready all the same (pitfall 12)', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones, { cwd: '/proc' });
  await work.link(BAKERY);
});

test('a message that is put to a page which is offline already, before the worker knows: it waits in the page, and goes out once', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones, { env: { WORKER_SEND_SECONDS: '30', WORKER_PROBE_SECONDS: '30' } });
  await work.link(BAKERY);
  const to = String(PEOPLE[0]);
  /** @param {object} behaviour */
  const behave = (behaviour) => phones.control('behaviour', { number: BAKERY, ...behaviour });
  await behave({ freeze_at_send: true });
  const sending = work.send('k1', { to, text: 'Hello' }, { wait: 0 });
  await until(async () => (await phones.control('pages')).some((/** @type {any} */ page) => page.frozen), 'it did not come to stand still', 5000);
  await behave({ offline: true });
  await behave({ freeze_at_send: null });
  await sending;
  await work.becomes('k1', ['submitted']);
  await work.state('offline');
  assert.deepEqual(await phones.got(BAKERY), []);
  await behave({ offline: null });
  await work.state('ready');
  await work.becomes('k1', ['server', 'delivered', 'read']);
  assert.ok((await work.send('k2', { to, text: 'Hello again' })).body.provider_id);
  await work.becomes('k2', ['server', 'delivered', 'read']);
  assert.deepEqual(await phones.got(BAKERY), [`${to}: Hello`, `${to}: Hello again`]);
  assert.equal((await work.session()).restarts, 0);
});
