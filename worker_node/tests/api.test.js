import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AtWork, AYSE, TOKEN } from './support/at_work.js';

test('every address refuses whoever has no token, or another one', async (t) => {
  const work = await AtWork.begin(t);
  const addresses = ['/healthz', '/readyz', '/metrics', '/v1/node', '/v1/sessions', '/v1/sessions/bakery', '/fake/sessions/bakery/got', '/nowhere'];
  const tokens = [undefined, '', 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `bearer ${TOKEN}`, `Basic ${TOKEN}`, TOKEN];
  for (const url of addresses) {
    for (const authorization of tokens) {
      const answer = await work.app.inject({ url, headers: authorization === undefined ? {} : { authorization } });
      assert.equal(answer.statusCode, 401, `${url} with ${authorization}`);
      assert.equal(answer.json().error, 'unauthorized');
    }
  }
});

test('a session that was never started is not there, wherever it is asked for', async (t) => {
  const work = await AtWork.begin(t);
  const asked = [
    ['GET', ''], ['POST', '/stop'], ['POST', '/logout'], ['DELETE', ''], ['GET', '/qr'], ['GET', '/messages/k'], ['POST', '/messages/k/close'], ['GET', '/groups'],
    ['GET', '/group-members?group=120363025246125486@g.us'], ['GET', '/events'],
  ];
  for (const [method, path] of asked) {
    const { status, body } = await work.call(String(method), `/v1/sessions/nobody${path}`);
    assert.deepEqual([status, body.error], [404, 'no_session'], `${method} ${path}`);
  }
  assert.equal((await work.call('POST', '/v1/sessions/nobody/numbers/check', { numbers: [AYSE] })).body.error, 'no_session');
});

test('a name that could lead elsewhere on disk is no name of a session', async (t) => {
  const work = await AtWork.begin(t);
  const names = ['..', '%2e%2e', '..%2f..%2fetc', 'a%2fb', 'a%5cb', 'a%00b', '%00', 'ä', '%F0%9F%98%80', 'A', '-a', 'a_b', 'a.b', 'a%20b', 'a'.repeat(64), 'a'.repeat(200), 'a'.repeat(5000), '%zz', '%'];
  for (const name of names) {
    for (const [method, rest] of [['PUT', ''], ['GET', ''], ['DELETE', ''], ['GET', '/qr'], ['GET', '/events']]) {
      const { status, body } = await work.call(String(method), `/v1/sessions/${name}${rest}`);
      assert.ok(status === 400 || status === 404, `${method} ${name.slice(0, 20)}${rest}: ${status}`);
      assert.ok(['bad_request', 'not_found'].includes(body.error), `${name.slice(0, 20)}: ${JSON.stringify(body)}`);
    }
  }
  assert.deepEqual((await work.get('/v1/sessions')).body.sessions, []);
});

test('the longest name there may be works', async (t) => {
  const work = await AtWork.begin(t);
  const id = `a${'-9'.repeat(31)}`;
  assert.equal((await work.call('PUT', `/v1/sessions/${id}`)).status, 200);
  assert.equal((await work.state(id, 'qr')).id, id);
});

test('a field that the protocol does not know is refused, not dropped', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const refused = [
    await work.send('k1', { to: AYSE, text: 'Hello', silent: true }),
    await work.send('k1', { to: AYSE, text: 'Hello', media: { kind: 'image', filename: 'a.jpg', mime: 'image/jpeg', size: 3 } }),
    await work.sendFile('k1', { to: AYSE, text: '', media: { kind: 'image', filename: 'a.jpg', mime: 'image/jpeg', size: 3 } }, 'abc'),
    await work.call('POST', '/v1/sessions/bakery/pairing-code', { number: AYSE, force: true }),
    await work.call('POST', '/v1/sessions/bakery/numbers/check', { numbers: [AYSE], deep: 1 }),
    await work.call('POST', '/v1/sessions/bakery/stop', { now: true }),
    await work.call('PUT', '/v1/sessions/bakery', { number: AYSE, force: true }),
    await work.get('/v1/sessions/bakery?verbose=1'),
    await work.get('/v1/sessions?state=ready'),
    await work.get('/v1/sessions/bakery/events?after=0&kind=reply'),
  ];
  for (const { status, body } of refused) assert.deepEqual([status, body.error], [400, 'bad_request'], JSON.stringify(body));
  assert.deepEqual(await work.got(), []);
});

test('a value of another kind is refused, not made to fit', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const bodies = [{ to: 905320000001, text: 'x' }, { to: '905320000001', text: 'x' }, { to: AYSE, text: 7 }, { to: AYSE }, { text: 'x' }, [], 'x', null, { to: `${AYSE}\n`, text: 'x' }, { to: AYSE, text: '  ' }];
  for (const body of bodies) {
    const { status } = await work.call('POST', '/v1/sessions/bakery/messages', JSON.stringify(body), { 'idempotency-key': 'k', 'content-type': 'application/json' });
    assert.equal(status, 400, JSON.stringify(body));
  }
  for (const body of [{ number: AYSE.slice(1) }, { number: null }, { listen_since: '2026-03-02' }, { listen_since: '2026-13-02T09:40:00.000Z' }, 'x']) {
    const { status } = await work.call('PUT', '/v1/sessions/bakery', JSON.stringify(body), { 'content-type': 'application/json' });
    assert.equal(status, 400, JSON.stringify(body));
  }
  for (const query of ['wait=soon', 'wait=-1', 'wait=1e3', 'rev=x', 'rev=-1']) assert.equal((await work.get(`/v1/sessions/bakery?${query}`)).status, 400, query);
  for (const key of ['', 'a b', 'ä', 'k'.repeat(101), 'k/1']) {
    const { status } = await work.call('POST', '/v1/sessions/bakery/messages', { to: AYSE, text: 'x' }, { 'idempotency-key': key });
    assert.equal(status, 400, key);
  }
  assert.equal((await work.call('POST', '/v1/sessions/bakery/messages', { to: AYSE, text: 'x' })).status, 400, 'no key at all');
  assert.deepEqual(await work.got(), []);
});

test('bodies that are no JSON, of another type or too large are refused in the same form', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const send = (/** @type {string} */ payload, /** @type {string} */ type) => work.call('POST', '/v1/sessions/bakery/messages', payload, { 'idempotency-key': 'k', 'content-type': type });
  assert.equal((await send('{', 'application/json')).body.error, 'bad_request');
  assert.equal((await send('{"to":"x","__proto__":{"a":1}}', 'application/json')).body.error, 'bad_request');
  assert.equal((await send('to=x', 'application/x-www-form-urlencoded')).body.error, 'bad_request');
  const huge = await send(JSON.stringify({ to: AYSE, text: 'x'.repeat(2_000_000) }), 'application/json');
  assert.deepEqual([huge.status, huge.body.error], [413, 'too_large']);
  assert.equal((await send(JSON.stringify({ to: AYSE, text: 'x'.repeat(65_537) }), 'application/json')).status, 400);
  assert.equal((await send(JSON.stringify({ to: AYSE, text: '😀'.repeat(65_536) }), 'application/json')).status, 200);
});

test('a request that says nothing may come with an empty body or an empty object', async (t) => {
  const work = await AtWork.begin(t);
  const json = { 'content-type': 'application/json' };
  assert.equal((await work.call('PUT', '/v1/sessions/bakery', '', json)).status, 200);
  assert.equal((await work.call('PUT', '/v1/sessions/bakery', '{}', json)).status, 200);
  assert.equal((await work.call('POST', '/v1/sessions/bakery/stop')).status, 200);
  assert.equal((await work.call('DELETE', '/v1/sessions/bakery', undefined, json)).status, 204);
});

test('an address that is not there is refused in the same form', async (t) => {
  const work = await AtWork.begin(t);
  for (const [method, url] of [['GET', '/'], ['GET', '/v1'], ['PATCH', '/v1/node'], ['GET', '/v1/sessions/a/b/c/d'], ['GET', `/${'x'.repeat(9000)}`]]) {
    const { status, body } = await work.call(String(method), String(url));
    assert.deepEqual([status, body.error], [404, 'not_found'], String(url).slice(0, 30));
  }
});

test('the node tells what it is', async (t) => {
  const work = await AtWork.begin(t, { env: { WORKER_MAX_SESSIONS: '3' } });
  await work.linked();
  const { body } = await work.get('/v1/node');
  assert.deepEqual({ ...body, memory_bytes: 0, since: '' }, { version: '0.1.0', library: '1.34.7', sessions: 1, limit: 3, ready: 1, memory_bytes: 0, since: '' });
  assert.deepEqual((await work.get('/healthz')).body, { status: 'ok' });
  assert.deepEqual((await work.get('/readyz')).body, { status: 'ready' });
  const metrics = await work.get('/metrics');
  assert.match(metrics.body, /worker_sessions\{state="ready"\} 1/);
});

test('a worker that stops says so, and takes no work', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.worker.stop();
  assert.deepEqual((await work.get('/readyz')).status, 503);
  assert.equal((await work.get('/healthz')).status, 200);
  const { status, body } = await work.send('k', { to: AYSE, text: 'x' });
  assert.deepEqual([status, body.error], [503, 'stopping']);
});

test('whoever waits for a newer status gets it when it comes', async (t) => {
  const work = await AtWork.begin(t);
  await work.call('PUT', '/v1/sessions/bakery');
  const qr = await work.state('bakery', 'qr');
  const waiting = work.get(`/v1/sessions/bakery?rev=${qr.rev}&wait=20`);
  await work.call('POST', '/fake/sessions/bakery/scan', { number: AYSE });
  assert.ok((await waiting).body.rev > qr.rev);
});
