import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import { AtWork, AYSE, BORA, TOKEN, gated, until } from './support/at_work.js';
import { ManualClock } from './support/clock.js';

const HELLO = { to: AYSE, text: 'Hello Ayşe' };

test('a text is sent once WhatsApp’s server has it', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const { status, body } = await work.send('k1', HELLO);
  assert.equal(status, 200);
  assert.deepEqual({ ...body, at: '', provider_id: '' }, {
    key: 'k1', state: 'server', reason: null, can_retry: false, fault: null, provider_id: '', at: '', journal: work.worker.session('bakery').journal.id,
  });
  assert.match(body.provider_id, /^true_905320000001@c\.us_/);
  assert.deepEqual(await work.got(), [`${AYSE}: Hello Ayşe`]);
});

test('who wrote something that nobody has taken in yet is not written to: it may be a STOP', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: 'STOP' });
  await work.events({ least: 2 });
  const { body } = await work.send('k1', HELLO);
  assert.deepEqual([body.state, body.reason, body.can_retry, body.fault], ['failed', 'news_waiting', true, 'person']);
  assert.equal((await work.send('k2', { ...HELLO, to: BORA })).body.state, 'server');
  const { last } = (await work.get('/v1/sessions/bakery/events')).body;
  await work.get(`/v1/sessions/bakery/events?after=${last}`);
  assert.equal((await work.send('k3', HELLO)).body.state, 'server');
  assert.deepEqual(await work.got(), [`${BORA}: Hello Ayşe`, `${AYSE}: Hello Ayşe`]);
});

test('what the page accepted and no server acknowledged is not called sent', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/set', { auto_ack: null });
  const { body } = await work.send('k1', HELLO, { wait: 0.05 });
  assert.ok(['queued', 'attempting', 'submitted'].includes(body.state), body.state);
  assert.equal((await work.becomes('k1', 'submitted')).reason, null);
  const waiting = work.get('/v1/sessions/bakery/messages/k1?wait=20');
  await work.call('POST', '/fake/sessions/bakery/ack', { key: 'k1', ack: 1 });
  assert.equal((await waiting).body.state, 'server');
});

test('the same key and message again gets the journal’s answer and sends nothing', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const first = await work.send('k1', HELLO);
  assert.deepEqual(await work.send('k1', HELLO), first);
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => work.send('k1', HELLO))), [first, first, first]);
  assert.equal((await work.got()).length, 1);
});

test('ten requests with one key at once are one message', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const answers = await Promise.all(Array.from({ length: 10 }, () => work.send('k1', HELLO)));
  assert.deepEqual(answers.map(({ body }) => body.state), Array(10).fill('server'));
  assert.equal((await work.got()).length, 1);
});

test('a key that was used for another message is refused', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const picture = { to: AYSE, text: '', media: { kind: 'image', filename: 'bread.jpg', mime: 'image/jpeg' } };
  await work.send('k1', HELLO);
  await work.sendFile('k2', picture, 'bytes');
  const others = [
    work.send('k1', { ...HELLO, text: 'Hello Ayşe ' }), work.send('k1', { ...HELLO, to: BORA }), work.sendFile('k1', picture, 'bytes'),
    work.sendFile('k2', picture, 'other bytes'), work.sendFile('k2', { ...picture, text: 'x' }, 'bytes'),
    work.sendFile('k2', { ...picture, media: { ...picture.media, kind: 'document' } }, 'bytes'),
    work.sendFile('k2', { ...picture, media: { ...picture.media, filename: 'cake.jpg' } }, 'bytes'),
    work.sendFile('k2', { ...picture, media: { ...picture.media, mime: 'image/png' } }, 'bytes'),
  ];
  for (const { status, body } of await Promise.all(others)) assert.deepEqual([status, body.error], [409, 'key_reused']);
  assert.equal((await work.sendFile('k2', picture, 'bytes')).body.state, 'server');
  assert.equal((await work.got()).length, 2);
});

for (const [kind, filename, mime, text] of [
  ['image', 'bread.jpg', 'image/jpeg', 'Our new bread'],
  ['video', 'oven.mp4', 'video/mp4', 'Look'],
  ['document', 'Preisliste März.pdf', 'application/pdf', 'Prices'],
  ['audio', 'song.mp3', 'audio/mpeg', ''],
  ['voice', 'voice.ogg', 'audio/ogg; codecs=opus', ''],
]) {
  test(`a file is sent as ${kind}, byte for byte, and its copy deleted`, async (t) => {
    const work = await AtWork.begin(t);
    await work.linked();
    const bytes = Buffer.alloc(300_000, `${kind}!`);
    const { body } = await work.sendFile('k1', { to: AYSE, text, media: { kind, filename, mime } }, bytes);
    assert.equal(body.state, 'server', JSON.stringify(body));
    const [got] = (await work.get('/fake/sessions/bakery/got')).body.messages;
    assert.deepEqual({ ...got, provider_id: '', ack: 1 }, { provider_id: '', to: AYSE, text, kind, filename, mime, sha256: createHash('sha256').update(bytes).digest('hex'), ack: 1 });
    const session = work.worker.session('bakery');
    await until(async () => (await readdir(session.filesDir)).length === 0, 'the copy was not deleted');
  });
}

test('a caption for audio, a path for a name, a form in disorder are refused, and leave no file', async (t) => {
  const work = await AtWork.begin(t, { env: { WORKER_MEDIA_BYTES: '1000' } });
  await work.linked();
  const media = { kind: 'image', filename: 'a.jpg', mime: 'image/jpeg' };
  const plain = JSON.stringify({ to: AYSE, text: '', media });
  const refused = [
    await work.sendFile('k', { to: AYSE, text: 'Hi', media: { ...media, kind: 'voice' } }, 'x'),
    await work.sendFile('k', { to: AYSE, text: 'Hi', media: { ...media, kind: 'audio' } }, 'x'),
    await work.sendFile('k', { to: AYSE, text: '', media: { ...media, filename: '../../etc/passwd' } }, 'x'),
    await work.sendFile('k', { to: AYSE, text: '', media: { ...media, filename: 'a\0b' } }, 'x'),
    await work.sendFile('k', { to: AYSE, text: 'Hi' }, 'x'),
    await work.sendFile('k', {}, 'x', { fields: [] }),
    await work.sendFile('k', {}, 'x', { fields: [['message', 'no json']] }),
    await work.sendFile('k', {}, 'x', { fields: [['other', plain]] }),
    await work.sendFile('k', {}, 'x', { fields: [['message', plain], ['message', plain]] }),
    await work.send('k', { to: AYSE, text: '', media }),
  ];
  for (const { status, body } of refused) assert.deepEqual([status, body.error], [400, 'bad_request'], JSON.stringify(body));
  const large = await work.sendFile('k', { to: AYSE, text: '', media }, Buffer.alloc(1001));
  assert.deepEqual([large.status, large.body.error], [413, 'too_large']);
  assert.deepEqual(await readdir(work.worker.session('bakery').filesDir), []);
  assert.equal((await work.sendFile('k', { to: AYSE, text: '', media }, Buffer.alloc(1000))).body.state, 'server', 'the key stayed free');
});

test('a session that is not ready refuses, says its state, and leaves the key free', async (t) => {
  const work = await AtWork.begin(t);
  await work.call('PUT', '/v1/sessions/bakery');
  await work.state('bakery', 'qr');
  const { status, body } = await work.send('k1', HELLO);
  assert.deepEqual([status, body.error, body.state], [409, 'not_ready', 'qr']);
  assert.equal((await work.get('/v1/sessions/bakery/messages/k1')).body.error, 'no_message');
  await work.linked();
  assert.equal((await work.send('k1', HELLO)).body.state, 'server');
});

test('a session that is not ready refuses a file before it has come; the connection serves on', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const picture = { to: AYSE, text: '', media: { kind: 'image', filename: 'bread.jpg', mime: 'image/jpeg' } };
  const sent = await work.sendFile('k1', picture, 'bytes');
  await work.call('POST', '/v1/sessions/bakery/stop');
  assert.deepEqual(await work.sendFile('k1', picture, 'bytes'), sent, 'a key that was used has its answer');
  const { port } = new URL(await work.app.listen({ port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  t.after(() => socket.destroy());
  /** @param {string} line @param {string} head @param {string} [body] */
  const write = (line, head, body = '') => socket.write(`${line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n${head}\r\n${body}`);
  write('POST /v1/sessions/bakery/messages', 'idempotency-key: k2\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 5000000\r\n', '--b\r\n');
  const [refused] = await once(socket, 'data');
  assert.match(String(refused), /^HTTP\/1\.1 409 [^]*"not_ready"/);
  assert.deepEqual(await readdir(work.worker.session('bakery').filesDir), []);
  socket.write(Buffer.alloc(5_000_000 - '--b\r\n'.length, 'x'));
  write('GET /healthz', '');
  const [next] = await once(socket, 'data');
  assert.match(String(next), /^HTTP\/1\.1 200 [^]*"ok"/);
});

test('a full queue refuses and leaves the key free', async (t) => {
  const work = await AtWork.begin(t, { env: { WORKER_MAX_QUEUE: '2' } });
  await work.linked();
  await work.trouble(['check_hangs']);
  await work.send('k1', HELLO, { wait: 0 });
  await work.send('k2', HELLO, { wait: 0 });
  const { status, body } = await work.send('k3', HELLO);
  assert.deepEqual([status, body.error], [429, 'busy']);
  assert.equal((await work.get('/v1/sessions/bakery/messages/k3')).status, 404);
});

test('nobody with that number: failed, and the person’s fault', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.call('POST', '/fake/sessions/bakery/set', { unregistered: [BORA] });
  const { body } = await work.send('k1', { ...HELLO, to: BORA });
  assert.deepEqual([body.state, body.reason, body.can_retry, body.fault], ['failed', 'not_on_whatsapp', false, 'person']);
  const [, receipt] = await work.events({ least: 2 });
  assert.deepEqual([receipt.key, receipt.progress, receipt.reason], ['k1', 'failed', 'not_on_whatsapp']);
});

test('what fails before anything could go out is failed; the next message goes out', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  for (const [trouble, reason, canRetry] of [['check_throws', 'check_failed', true], ['media_refused', 'media_refused', false]]) {
    await work.trouble([String(trouble)]);
    const { body } = await work.send(`k-${trouble}`, HELLO);
    assert.deepEqual([body.state, body.reason, body.can_retry, body.fault], ['failed', reason, canRetry, 'account']);
  }
  assert.equal((await work.send('k3', HELLO)).body.state, 'server');
  assert.equal(work.worker.session('bakery').status.restarts, 0);
});

test('WhatsApp’s refusal after the send is failed', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.trouble(['refuse']);
  const { body } = await work.send('k1', HELLO);
  assert.deepEqual([body.state, body.reason, body.can_retry, body.fault], ['failed', 'refused_by_whatsapp', false, 'account']);
});

test('a page that answers nothing, but showed the message, has sent it: no restart', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  await work.trouble(['undefined_after']);
  const { body } = await work.send('k1', HELLO);
  assert.deepEqual([body.state, work.worker.session('bakery').status.restarts], ['server', 0]);
});

test('a closed key sends nothing, ever; a used one says what became of it', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const closed = await work.call('POST', '/v1/sessions/bakery/messages/k1/close');
  assert.deepEqual([closed.status, closed.body.state, closed.body.reason], [200, 'failed', 'never_sent']);
  const late = await work.send('k1', HELLO);
  assert.deepEqual(late, closed);
  assert.deepEqual(await work.call('POST', '/v1/sessions/bakery/messages/k1/close'), closed);
  const sent = await work.send('k2', HELLO);
  assert.deepEqual((await work.call('POST', '/v1/sessions/bakery/messages/k2/close')).body, sent.body);
  assert.equal((await work.got()).length, 1);
});

test('a key is closed while its request is on the way: one of both wins, and both say the same', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  for (let n = 0; n < 20; n += 1) {
    const [closed, sent] = await Promise.all([work.call('POST', `/v1/sessions/bakery/messages/k${n}/close`), work.send(`k${n}`, { ...HELLO, text: `${n}` }, { wait: 60 })]);
    const isSent = (await work.got()).includes(`${AYSE}: ${n}`);
    assert.equal(sent.body.state === 'server', isSent);
    if (!isSent) assert.equal(closed.body.reason, 'never_sent');
  }
});

test('who wrote after it was decided to write to them is not written to, also where that was taken in meanwhile', async (t) => {
  const asking = gated('numberId');
  const work = await AtWork.begin(t, { prepare: asking.prepare });
  await work.linked();
  const { events } = work.worker.session('bakery').journal;
  const heard = events.last;
  asking.shut();
  const sending = work.send('k1', { ...HELLO, heard });
  await until(() => asking.calls === 1);
  await work.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: 'STOP' });
  await until(() => events.last > heard);
  await work.get(`/v1/sessions/bakery/events?after=${events.last}`);
  asking.open();
  const { body } = await sending;
  assert.deepEqual([body.state, body.reason, body.fault, body.can_retry], ['failed', 'news_waiting', 'person', true]);
  assert.equal((await work.send('k2', { ...HELLO, heard: events.last })).body.state, 'server');
});

test('what was taken in holds nobody back, though it is not acknowledged yet; and when it was decided is no part of what a key stands for', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked();
  const { events } = work.worker.session('bakery').journal;
  const { last } = events;
  await work.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: 'Yes please' });
  await until(() => events.last > last);
  assert.equal((await work.send('k1', HELLO)).body.reason, 'news_waiting');
  assert.equal((await work.send('k2', { ...HELLO, heard: events.last })).body.state, 'server');
  assert.equal((await work.send('k2', { ...HELLO, heard: last })).body.state, 'server');
  assert.equal((await work.got()).length, 1);
});

test('nothing is sent while as many events wait as are kept; what people wrote is kept all the same', async (t) => {
  const work = await AtWork.begin(t, { env: { WORKER_MAX_EVENTS: '3' } });
  await work.linked();
  const { events } = work.worker.session('bakery').journal;
  for (let n = 0; n < 5; n += 1) await work.call('POST', '/fake/sessions/bakery/reply', { from: AYSE, text: `${n}` });
  await until(() => events.kept === 5);
  assert.deepEqual((await work.events()).map(({ text }) => text), ['0', '1', '2', '3', '4']);
  const refused = await work.send('k1', { to: BORA, text: 'Hello' });
  assert.deepEqual([refused.status, refused.body.error], [429, 'busy']);
  await work.get(`/v1/sessions/bakery/events?after=${events.last}`);
  assert.equal((await work.send('k1', { to: BORA, text: 'Hello' })).body.state, 'server', 'the key stayed free');
});

test('a session sends one after another, in the order of asking', async (t) => {
  const first = gated('numberId');
  const work = await AtWork.begin(t, { prepare: first.prepare, clock: new ManualClock() });
  await work.linked();
  first.shut();
  for (let n = 0; n < 30; n += 1) await work.send(`k${n}`, { to: AYSE, text: String(n) }, { wait: 0 });
  first.open();
  await work.worker.session('bakery').sender.drained(1);
  assert.deepEqual(await work.got(), Array.from({ length: 30 }, (_, n) => `${AYSE}: ${n}`));
});

test('a closed key in another session is another key', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked('bakery');
  await work.linked('choir', '+905329999999');
  await work.call('POST', '/v1/sessions/bakery/messages/k1/close');
  assert.equal((await work.send('k1', HELLO, { id: 'choir' })).body.state, 'server');
});

test('two sessions side by side never use each other’s phone', async (t) => {
  const work = await AtWork.begin(t);
  await work.linked('bakery');
  await work.linked('choir', '+905329999999');
  const sends = Array.from({ length: 20 }, (_, n) => work.send(`k${n}`, { to: n % 3 ? AYSE : BORA, text: `from ${n % 2 ? 'bakery' : 'choir'} ${n}` }, { id: n % 2 ? 'bakery' : 'choir', wait: 60 }));
  for (const { body } of await Promise.all(sends)) assert.equal(body.state, 'server');
  for (const id of ['bakery', 'choir']) {
    const got = await work.got(id);
    assert.equal(got.length, 10);
    assert.ok(got.every((line) => line.includes(`from ${id} `)), id);
  }
});
