import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/at_work.js';
import { Phones, RealWork } from '../support/chromium.js';

const BAKERY = '+905321234567';
const AYSE = '+905320000001';
const BORA = '+905320000002';
const CAN = '+905320000003';
const DENIZ = '+905320000004';

test('what people wrote where no event tells of it is read from their chats', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones, { env: { WORKER_CATCH_UP_SECONDS: '10' } });
  await work.link(BAKERY);
  await phones.control('behaviour', { number: BAKERY, replies_while_away: 'history' });
  /** @param {string} from @param {string} text */
  const writes = (from, text) => phones.control('reply', { from, to: BAKERY, text });
  const replies = async () => (await work.events()).filter(({ kind }) => kind === 'reply').map(({ from, text }) => `${from}: ${text}`);
  const takenIn = async () => work.call('GET', `/v1/sessions/bakery/events?after=${(await work.events()).at(-1)?.cursor}`);
  /** @param {string} to */
  const sending = async (to) => {
    const { body } = await work.send(`k${Math.random()}`, { to, text: 'Buy!' });
    return body.reason ?? body.state;
  };

  await t.test('a long chat is read to its beginning; one that fails and one that hangs cost no other its turn, and nobody is written to whose chat was not read', async () => {
    await work.call('POST', '/v1/sessions/bakery/stop');
    for (const from of [CAN, DENIZ, BORA]) await writes(from, `STOP from ${from}`);
    await writes(AYSE, 'STOP');
    for (let n = 1; n < 60; n += 1) await writes(AYSE, `and ${n}`);
    await phones.control('behaviour', { number: BAKERY, history_loaded: 0, earlier_at_once: 4, earlier_fails: [CAN], earlier_hangs: [DENIZ] });
    await work.call('PUT', '/v1/sessions/bakery');
    await work.state('ready');
    const told = await replies();
    assert.equal(told.length, 61);
    assert.ok(told.includes(`${AYSE}: STOP`) && told.includes(`${BORA}: STOP from ${BORA}`));
    await takenIn();
    assert.deepEqual([await sending(CAN), await sending(DENIZ)], ['news_waiting', 'news_waiting']);
    assert.ok(['server', 'delivered', 'read'].includes(await sending(BORA)));
  });

  await t.test('it is read when it can be read, by itself', async () => {
    await phones.control('behaviour', { number: BAKERY, earlier_fails: null, earlier_hangs: null });
    await until(async () => (await replies()).length === 2, 'it was not read', 30_000);
    assert.deepEqual((await replies()).sort(), [`${CAN}: STOP from ${CAN}`, `${DENIZ}: STOP from ${DENIZ}`]);
  });

  await t.test('written while the connection was down: told before the session is ready again', async () => {
    await takenIn();
    await phones.control('behaviour', { number: BAKERY, history_loaded: null, offline: true });
    await work.state('offline');
    await writes(AYSE, 'STOP again');
    await phones.control('behaviour', { number: BAKERY, offline: null });
    await work.state('ready');
    assert.deepEqual(await replies(), [`${AYSE}: STOP again`]);
    assert.equal(await sending(AYSE), 'news_waiting');
    assert.equal((await work.session()).restarts, 0);
  });
});
