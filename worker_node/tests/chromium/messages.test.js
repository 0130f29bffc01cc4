import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Phones, RealWork } from '../support/chromium.js';
import { until } from '../support/at_work.js';

const BAKERY = '+905321234567';
const AYSE = '+905320000001';
const BORA = '+905320000002';

/** A picture that every browser can read. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('a linked browser sends every kind, and hears of receipts, replies, numbers and groups', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones, { env: { WORKER_CONTENT_BYTES: '60000' } });
  const ready = await work.link(BAKERY);
  assert.deepEqual([ready.number, ready.name], [BAKERY, 'Bakery at the Pier']);

  await t.test('a text arrives, and its receipts are told', async () => {
    const { body } = await work.send('t1', { to: AYSE, text: 'Hello Ayşe 🥐\nsee https://example.org' });
    assert.ok(['server', 'delivered', 'read'].includes(body.state), JSON.stringify(body));
    await work.becomes('t1', ['read']);
    assert.deepEqual(await phones.got(BAKERY), [`${AYSE}: Hello Ayşe 🥐\nsee https://example.org`]);
  });

  for (const [kind, filename, mime, text] of [
    ['image', 'bread.png', 'image/png', 'Our new bread'], ['video', 'oven.mp4', 'video/mp4', 'Look'], ['document', 'Preisliste März.pdf', 'application/pdf', 'Prices'],
    ['audio', 'song.mp3', 'audio/mpeg', ''], ['voice', 'voice.ogg', 'audio/ogg; codecs=opus', ''],
  ]) {
    await t.test(`${kind}, byte for byte`, async () => {
      const bytes = kind === 'image' ? PIXEL : Buffer.alloc(50_000, String(kind));
      const { body } = await work.sendFile(`f-${kind}`, { to: BORA, text, media: { kind, filename, mime } }, bytes);
      assert.ok(['server', 'delivered', 'read'].includes(body.state), JSON.stringify(body));
      const got = (await phones.control(`messages?from=${encodeURIComponent(BAKERY)}`)).at(-1);
      assert.deepEqual([got.to, got.kind, got.text ?? '', got.sha256], [BORA, kind, text, createHash('sha256').update(bytes).digest('hex')]);
      if (kind === 'document') assert.equal(got.filename, filename);
    });
  }

  await t.test('nobody with that number; a number WhatsApp does not tell of', async () => {
    await phones.control('behaviour', { number: BAKERY, unregistered: [BORA] });
    const { body } = await work.send('n1', { to: BORA, text: 'x' });
    assert.deepEqual([body.state, body.reason, body.fault], ['failed', 'not_on_whatsapp', 'person']);
    const checked = await work.call('POST', '/v1/sessions/bakery/numbers/check', { numbers: [AYSE, BORA] });
    assert.deepEqual(checked.body.results.map((/** @type {any} */ one) => one.on_whatsapp), [true, false]);
    await phones.control('behaviour', { number: BAKERY, unregistered: null, number_query_fails: true });
    const failed = await work.send('n2', { to: BORA, text: 'x' });
    assert.deepEqual([failed.body.state, failed.body.reason, failed.body.can_retry], ['failed', 'check_failed', true]);
    await phones.control('behaviour', { number: BAKERY, number_query_fails: null });
  });

  await t.test('a file the page cannot read, or not upload, was not sent', async () => {
    for (const [name, behaviour] of Object.entries({ media_prep_fails: ['image'], upload_fails: true })) {
      await phones.control('behaviour', { number: BAKERY, [name]: behaviour });
      const { body } = await work.sendFile(`m-${name}`, { to: AYSE, text: '', media: { kind: 'image', filename: 'a.png', mime: 'image/png' } }, PIXEL);
      assert.deepEqual([body.state, body.reason, body.can_retry], ['failed', 'media_refused', false], name);
      await phones.control('behaviour', { number: BAKERY, [name]: null });
    }
    assert.equal((await work.session()).restarts, 0);
  });

  await t.test('WhatsApp refuses: failed', async () => {
    await phones.control('behaviour', { number: BAKERY, refuse: [BORA] });
    const { body } = await work.send('r1', { to: BORA, text: 'x' });
    assert.deepEqual([body.state, body.reason], ['failed', 'refused_by_whatsapp']);
    await phones.control('behaviour', { number: BAKERY, refuse: null });
  });

  await t.test('a reply and a voice message are told under the number', async () => {
    await phones.control('reply', { from: AYSE, to: BAKERY, text: 'STOP', name: 'Ayşe' });
    await phones.control('reply', { from: AYSE, to: BAKERY, text: '', name: 'Ayşe', media: { base64: PIXEL.toString('base64'), mime: 'audio/ogg', voice: true } });
    const replies = await work.told(({ kind }) => kind === 'reply', 2);
    assert.deepEqual(replies.map(({ from, name, text, media }) => [from, name, text, media]), [[AYSE, 'Ayşe', 'STOP', null], [AYSE, 'Ayşe', '', 'voice']]);
  });

  await t.test('a file that came with a message is fetched byte for byte, until WhatsApp has it no more; one too large is not downloaded', async () => {
    const pdf = Buffer.alloc(40_000, 'order');
    for (const media of [{ base64: PIXEL.toString('base64'), mime: 'image/png' }, { base64: pdf.toString('base64'), mime: 'application/pdf', filename: 'order.pdf' }]) {
      await phones.control('reply', { from: BORA, to: BAKERY, text: 'Look', media });
    }
    const [picture, order] = await work.told(({ attachment, from }) => attachment && from === BORA, 2);
    assert.deepEqual(picture.attachment, { mime: 'image/png', filename: null, size: PIXEL.length });
    assert.deepEqual([order.media, order.text, order.attachment], ['document', 'Look', { mime: 'application/pdf', filename: 'order.pdf', size: pdf.length }]);
    const path = (/** @type {any} */ { event }) => `/v1/sessions/bakery/attachments/${encodeURIComponent(event)}`;
    assert.deepEqual(await work.bytes(path(picture)), PIXEL);
    assert.deepEqual(await work.bytes(path(order)), pdf);
    await phones.control('behaviour', { media_gone: true });
    assert.equal((await work.call('GET', path(order))).body.error, 'gone');
    await phones.control('behaviour', { media_gone: null });
    assert.equal((await work.call('GET', path({ event: `false_${BORA.slice(1)}@c.us_3EB0NONE` }))).body.error, 'no_message');
    await phones.control('reply', { from: BORA, to: BAKERY, text: '', media: { base64: Buffer.alloc(61_000).toString('base64'), mime: 'application/zip', filename: 'all.zip' } });
    const [large] = await work.told(({ attachment }) => attachment?.size === 61_000);
    assert.equal((await work.call('GET', path(large))).body.error, 'too_large');
  });

  await t.test('groups: a broken one is marked, the others are read (pitfall 10)', async () => {
    await phones.control('groups', { number: BAKERY, groups: [
      { id: '120363025246125486@g.us', subject: 'Class 3B parents', participants: [{ number: AYSE, name: 'Ayşe' }, { lid: '4455@lid' }] },
      { id: '120363025246125487@g.us', subject: 'Choir', participants: [{ number: BORA }] },
    ] });
    await phones.control('behaviour', { number: BAKERY, group_fails: ['120363025246125487@g.us'] });
    await work.call('GET', '/v1/sessions/bakery/groups?refresh=true');
    await until(async () => {
      const { groups, refreshing } = (await work.call('GET', '/v1/sessions/bakery/groups')).body;
      return !refreshing && groups.length === 2;
    });
    const { groups } = (await work.call('GET', '/v1/sessions/bakery/groups')).body;
    const byName = Object.fromEntries(groups.map((/** @type {any} */ { name, error }) => [name, error]));
    assert.deepEqual(byName, { 'Class 3B parents': null, Choir: 'query_failed' });
    const { members } = (await work.call('GET', '/v1/sessions/bakery/group-members?group=120363025246125486@g.us')).body;
    assert.ok(members.some((/** @type {any} */ one) => one.number === AYSE));
    assert.ok(members.some((/** @type {any} */ one) => one.number === null), 'a hidden one stays hidden (pitfall 11)');
  });

  await t.test('offline, the session says so and refuses; it comes back by itself', async () => {
    await phones.control('behaviour', { number: BAKERY, offline: true });
    await work.state('offline');
    assert.equal((await work.send('o1', { to: AYSE, text: 'x' })).body.error, 'not_ready');
    await phones.control('behaviour', { number: BAKERY, offline: null });
    await work.state('ready');
  });

  await t.test('nothing was written into the working directory (pitfall 12), and no module was missing', async () => {
    assert.equal(existsSync('.wwebjs_cache'), false);
    assert.equal(existsSync('.wwebjs_auth'), false);
    assert.deepEqual(await phones.control('unknown-modules'), {});
  });
});

test('an account with hidden ids: sends, receipts and replies all come under the number (pitfall 11)', async (t) => {
  const phones = await Phones.begin(t);
  const work = await RealWork.start(t, phones);
  await work.link(BAKERY, { lid: true });
  const { body } = await work.send('k1', { to: AYSE, text: 'Hello' });
  assert.ok(['server', 'delivered', 'read'].includes(body.state), JSON.stringify(body));
  await work.becomes('k1', ['read']);
  for (const from of [AYSE, BORA]) await phones.control('reply', { from, to: BAKERY, text: 'hi' });
  assert.deepEqual((await work.told(({ kind }) => kind === 'reply', 2)).map(({ from }) => from), [AYSE, BORA]);
});
