import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AtWork, AYSE, BAKERY, BORA, until } from './support/at_work.js';
import { ManualClock } from './support/clock.js';

const RUNNERS = '120363025246125486@g.us';
const CHOIR = '120363025246125487@g.us';
const HOUR = 3_600_000;

/** @param {AtWork} work @param {string} id @param {string[]} members */
function groupIs(work, id, members) {
  return work.call('POST', '/fake/sessions/bakery/groups', { groups: [{ id, name: 'A group', members: members.map((number) => ({ number })) }] });
}

/** @param {AtWork} work */
async function list(work) {
  return (await work.get('/v1/sessions/bakery/groups')).body;
}

/** @param {AtWork} work */
async function refreshed(work) {
  await work.get('/v1/sessions/bakery/groups?refresh=true');
  await until(async () => !(await list(work)).refreshing);
}

/** @param {AtWork} work @param {string} id */
async function members(work, id) {
  const { body } = await work.get(`/v1/sessions/bakery/group-members?group=${id}`);
  return body.error ?? body.members.map((/** @type {{number: string}} */ { number }) => number);
}

for (const how of ['logout', 'unlink']) {
  test(`after a ${how} the groups of the last phone are not known any more`, async (t) => {
    const work = await AtWork.begin(t);
    await work.linked();
    await groupIs(work, RUNNERS, [BORA]);
    await refreshed(work);
    if (how === 'logout') await work.call('POST', '/v1/sessions/bakery/logout');
    else await work.call('POST', '/fake/sessions/bakery/unlink', {});
    await work.state('bakery', 'logged_out');
    assert.deepEqual(await list(work), { groups: [], at: null, refreshing: false });
    await work.linked('bakery', BAKERY);
    await groupIs(work, CHOIR, [AYSE]);
    assert.deepEqual([await members(work, RUNNERS), await members(work, CHOIR)], ['no_group', [AYSE]]);
  });
}

test('a reading that was under way when the phone unlinked tells nothing of it to the next one', async (t) => {
  /** @type {(value?: unknown) => void} */
  let answer = () => {};
  const work = await AtWork.begin(t, { prepare: (client) => {
    client.groups = () => new Promise((resolve) => {
      answer = () => resolve([{ id: RUNNERS, name: 'Runners' }]);
    });
  } });
  await work.linked();
  await work.get('/v1/sessions/bakery/groups?refresh=true');
  await work.call('POST', '/fake/sessions/bakery/unlink', {});
  await work.state('bakery', 'logged_out');
  answer();
  await until(async () => !(await list(work)).refreshing);
  assert.deepEqual(await list(work), { groups: [], at: null, refreshing: false });
});

test('what was read an hour ago counts as not known, and is read anew', async (t) => {
  const clock = new ManualClock();
  const work = await AtWork.begin(t, { clock });
  await work.linked();
  await groupIs(work, RUNNERS, [BORA]);
  await refreshed(work);
  await groupIs(work, RUNNERS, [BORA, AYSE]);
  await work.pass(clock, HOUR - 1);
  assert.deepEqual(await members(work, RUNNERS), [BORA]);
  assert.equal((await list(work)).groups.length, 1);
  clock.advance(1);
  assert.deepEqual(await members(work, RUNNERS), [BORA, AYSE]);
  assert.deepEqual(await list(work), { groups: [], at: null, refreshing: false });
  assert.deepEqual(await members(work, RUNNERS), [BORA, AYSE]);
});

test('a group that came after the list was read is found', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await groupIs(work, RUNNERS, [BORA]);
  await refreshed(work);
  await groupIs(work, CHOIR, [AYSE]);
  assert.deepEqual(await members(work, CHOIR), [AYSE]);
});
