import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { WebSocket } from 'ws';

import { startStandin } from '../../standin/standin.js';
import { DEFAULTS } from '../../standin/world/behaviour.js';
import { controlOf, until, within } from './support.js';

const ADA = '+491700000001';
const BOB = '+491700000002';
const KEYS = { noise: 'bm9pc2U=', identity: 'aWQ=', adv: 'YWR2', platform: '1' };

/** A page reduced to its socket: what it is told is kept in `told`. */
class BarePage {
  /** @type {any[]} */
  told = [];

  /** @param {number} port @param {string | null} device */
  static async open(port, device = null) {
    const page = new BarePage(new WebSocket(`wss://127.0.0.1:${port}/ws`, { rejectUnauthorized: false }));
    await once(page.socket, 'open');
    page.say({ type: 'hello', device, keys: KEYS, browser: { os: 'Linux', name: 'Chrome' } });
    return page;
  }

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on('message', (data) => this.#hear(JSON.parse(String(data))));
    socket.on('error', () => {});
  }

  /** Whether it answers, which a page whose browser was stopped does not. */
  answers = true;

  /** @param {any} news */
  #hear(news) {
    this.told.push(news);
    if (news.type === 'switches' && this.answers) this.say({ type: 'noted', note: news.note });
  }

  /** @param {object} said */
  say(said) {
    this.socket.send(JSON.stringify(said));
  }

  /** @param {string} type @param {(news: any) => boolean} [fits] @returns {Promise<any>} */
  hears(type, fits = () => true) {
    return until(
      () => this.told.find((news) => news.type === type && fits(news)),
      (news) => news !== undefined,
    );
  }

  /** @returns {Promise<string>} */
  async qr() {
    const { ref } = await this.hears('unlinked');
    return [ref, KEYS.noise, KEYS.identity, KEYS.adv, KEYS.platform].join(',');
  }

  /** @param {string} to @param {string} id @param {string} body */
  sends(to, id, body) {
    const chat = `${to.slice(1)}@c.us`;
    const key = `true_${chat}_${id}`;
    this.say({ type: 'send', message: { key, id, chat, fromMe: true, author: null, type: 'chat', body, t: 1, ack: 0 } });
    return key;
  }
}

describe('the control API', () => {
  /** @type {Awaited<ReturnType<typeof startStandin>>} */
  let standin;
  /** @type {ReturnType<typeof controlOf>} */
  let control;
  /** @type {BarePage[]} */
  const pages = [];

  before(async () => {
    standin = await startStandin();
    control = controlOf(standin.controlUrl);
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) page.socket.terminate();
    await control.post('reset');
  });
  after(() => standin.close());

  /** @param {string | null} [device] */
  async function open(device) {
    const page = await BarePage.open(standin.pagePort, device);
    pages.push(page);
    return page;
  }

  /** @param {string} number */
  async function linked(number) {
    const page = await open();
    const { device } = await control.post('scan', { qr: await page.qr(), number, name: 'Ada' });
    return { page, device };
  }

  it('refuses a text that is no QR, a QR nobody shows, and keys of another page', async () => {
    const page = await open();
    const [ref, ...keys] = (await page.qr()).split(',');
    const scan = (/** @type {string} */ qr) => control.call('POST', 'scan', { qr, number: ADA, name: 'Ada' });
    assert.equal((await scan('hello')).status, 400);
    assert.equal((await scan(['2@other', ...keys].join(','))).status, 404);
    assert.equal((await scan([ref, 'b3RoZXI=', ...keys.slice(1)].join(','))).status, 400);
    assert.equal((await scan([ref, ...keys].join(','))).status, 200);
  });

  it('refuses a QR that was scanned before, and that of a page which is gone', async () => {
    const page = await open();
    const qr = await page.qr();
    await control.post('scan', { qr, number: ADA, name: 'Ada' });
    assert.equal((await control.call('POST', 'scan', { qr, number: BOB, name: 'Bob' })).status, 410);
    const other = await open();
    const otherQr = await other.qr();
    other.socket.terminate();
    await until(() => control.get('pages'), (open) => open.length === 1);
    assert.equal((await control.call('POST', 'scan', { qr: otherQr, number: BOB, name: 'Bob' })).status, 410);
  });

  it('refuses a fifth device', async () => {
    for (let n = 0; n < 4; n += 1) await linked(ADA);
    const page = await open();
    const { status } = await control.call('POST', 'scan', { qr: await page.qr(), number: ADA, name: 'Ada' });
    assert.equal(status, 409);
  });

  it('counts a message whose page dies at that moment', async () => {
    const { page } = await linked(ADA);
    page.sends(BOB, 'M1', 'hello');
    page.socket.close();
    await control.sentBy(ADA, 1);
    assert.deepEqual(await control.get(`counts?from=${encodeURIComponent(ADA)}`), { [BOB]: 1 });
  });

  it('counts a message that comes twice once, and says that it was repeated', async () => {
    const { page } = await linked(ADA);
    const key = page.sends(BOB, 'M1', 'hello');
    page.sends(BOB, 'M1', 'hello');
    page.sends(BOB, 'M2', 'hello');
    const sent = await control.sentBy(ADA, 2);
    assert.deepEqual(sent.map(({ id, repeats }) => [id, repeats]), [[key, 1], [key.replace('M1', 'M2'), 0]]);
  });

  it('keeps a reply until a page says that it has it', async () => {
    const { page, device } = await linked(ADA);
    page.socket.close();
    await until(() => control.get('accounts'), ([ada]) => !ada.devices[0].connected);
    const { id } = await control.post('reply', { from: BOB, to: ADA, text: 'yes' });
    const second = await open(device);
    assert.equal((await second.hears('incoming')).message.key, id);
    second.socket.close();
    await until(() => control.get('accounts'), ([ada]) => !ada.devices[0].connected);
    const third = await open(device);
    await third.hears('incoming');
    third.say({ type: 'got', key: id });
    await until(() => control.get('accounts'), ([ada]) => ada.devices[0].waiting === 0);
  });

  it('puts the older of two pages of one device aside', async () => {
    const { page, device } = await linked(ADA);
    const second = await open(device);
    assert.equal((await page.hears('state')).state, 'CONFLICT');
    await second.hears('welcome');
  });

  it('decides by its seed which messages are delivered and read, the same in every run', async () => {
    await control.post('behaviour', { delivered_share: 0.5, read_share: 0.5, server_ack_ms: 0, delivered_ms: 0, read_ms: 0 });
    /** @param {string} prefix */
    const run = async (prefix) => {
      const { page } = await linked(ADA);
      for (let n = 0; n < 20; n += 1) page.sends(BOB, `${prefix}${n}`, 'hello');
      const done = (/** @type {any[]} */ sent) => sent.length === 20 && sent.every(({ ack }) => ack > 0);
      const sent = await until(() => control.get(`messages?from=${encodeURIComponent(ADA)}`), done);
      page.sends(ADA, 'LAST', 'all receipts before this one are through');
      await page.hears('ack', ({ key }) => key.endsWith('LAST'));
      return sent.length === 20 ? (await control.sentBy(ADA, 21)).slice(0, 20).map(({ ack }) => ack) : [];
    };
    const first = await run('A');
    await control.post('reset');
    await control.post('behaviour', { delivered_share: 0.5, read_share: 0.5, server_ack_ms: 0, delivered_ms: 0, read_ms: 0 });
    assert.deepEqual(await run('B'), first);
    assert.deepEqual(new Set(first), new Set([1, 2, 3]));
  });

  it('gives an account its own behaviour, and null takes it back', async () => {
    await control.post('behaviour', { server_ack_ms: 7 });
    await control.post('behaviour', { number: ADA, server_ack_ms: 9, refuse: [BOB] });
    assert.deepEqual(await control.get('behaviour'), { '*': { server_ack_ms: 7 }, [ADA]: { server_ack_ms: 9, refuse: [BOB] } });
    await control.post('behaviour', { number: ADA, server_ack_ms: null });
    assert.deepEqual((await control.get('behaviour'))[ADA], { refuse: [BOB] });
  });

  it('has told an account of its groups when it says so', async () => {
    const { page } = await linked(ADA);
    page.answers = false;
    let answered = false;
    const answer = control.post('groups', { number: ADA, groups: [{ id: '12036300000001@g.us', subject: 'Buyers', participants: [{ number: BOB }] }] });
    const waited = answer.then(() => (answered = true));
    const { note } = await page.hears('switches');
    assert.deepEqual(page.told.slice(-2).map(({ type }) => type), ['groups', 'switches'], 'what it takes in comes after the groups');
    assert.equal(answered, false);
    page.say({ type: 'noted', note });
    await waited;
  });

  it('is not held up by a page that does not answer', async () => {
    const { page } = await linked(ADA);
    page.answers = false;
    await within(control.post('behaviour', { server_ack_ms: 7 }), 'answer', 5000);
    await within(control.post('groups', { number: ADA, groups: [] }), 'answer', 5000);
    await within(control.post('behaviour', { freeze: true }), 'answer', 5000);
  });

  it('leaves an account that is linked once more what it was', async () => {
    const page = await open();
    await control.post('scan', { qr: await page.qr(), number: ADA, name: 'Ada', lid: true });
    const { lid } = (await control.get('accounts'))[0];
    await linked(ADA);
    assert.match(lid, /@lid$/);
    assert.equal((await control.get('accounts'))[0].lid, lid);
  });

  it('takes as long for queries as told', async () => {
    const { page } = await linked(ADA);
    await control.post('behaviour', { query_ms: 60 });
    const began = Date.now();
    page.say({ type: 'ask', n: 1, question: { what: 'exists', id: '491700000002@c.us' } });
    assert.deepEqual((await page.hears('answer')).value, { wid: '491700000002@c.us', pn: '491700000002@c.us', lid: null });
    assert.ok(Date.now() - began >= 55);
  });

  it('refuses switches it does not have, values they cannot take, and numbers that are none', async () => {
    for (const given of [{ magic: true }, { magic: null }, { offline: 'yes' }, { refuse: BOB }, { read_ms: -1 }, { restricted: 'SAD' }]) {
      assert.equal((await control.call('POST', 'behaviour', given)).status, 400, JSON.stringify(given));
    }
    assert.equal((await control.call('POST', 'behaviour', { number: ADA, never_loads: true })).status, 400);
    assert.equal((await control.call('POST', 'reply', { from: '0170', to: ADA, text: 'x' })).status, 400);
    assert.equal((await control.call('POST', 'unlink', { number: ADA, how: 'state' })).status, 404);
    assert.equal((await control.call('GET', 'nonsense')).status, 404);
  });

  it('has its calls and switches written down', async () => {
    const [readme, source] = await Promise.all(
      ['README.md', 'control_server.js'].map((name) => readFile(new URL(`../../standin/${name}`, import.meta.url), 'utf8')),
    );
    const calls = [.../** @type {string} */ (source).matchAll(/^ {4}'((?:GET|POST) \/control\/[^']*)'/gm)].map(([, call]) => call);
    assert.ok(calls.length > 10);
    for (const call of calls) assert.ok(readme?.includes(`\`${call}`), `${call} is not in README.md`);
    const rows = String(readme).split('\n').map((row) => row.replace(' *', ''));
    for (const [name, value] of Object.entries(DEFAULTS)) {
      const row = `| \`${name}\` | \`${JSON.stringify(value)}\` |`;
      assert.ok(rows.some((written) => written.startsWith(row)), `${row} is not in README.md`);
    }
  });
});

describe('the program', () => {
  const path = fileURLToPath(new URL('../../standin/main.js', import.meta.url));

  async function started() {
    const program = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await within(once(program.stdout, 'data'), 'first line');
    return { program, told: JSON.parse(String(line)) };
  }

  it('says where it is in one line, and ends on SIGTERM', async () => {
    const { program, told } = await started();
    assert.deepEqual(Object.keys(told), ['page_port', 'spki', 'control_url', 'chromium_args']);
    assert.deepEqual(await (await fetch(`${told.control_url}/control/accounts`)).json(), []);
    program.kill('SIGTERM');
    assert.deepEqual(await within(once(program, 'exit'), 'end'), [0, null]);
  });

  it('ends when whoever started it is gone', async () => {
    const { program } = await started();
    program.stdin.end();
    assert.deepEqual(await within(once(program, 'exit'), 'end'), [0, null]);
  });
});
