import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';

import { startStandin } from '../../standin/standin.js';
import { Browsers, controlOf, event, killBrowser, until, within } from './support.js';

const ADA = '+491700000001';

/** @typedef {import('./support.js').WebClient} WebClient */

describe('a browser that is linked to nobody', () => {
  /** @type {Awaited<ReturnType<typeof startStandin>>} */
  let standin;
  /** @type {ReturnType<typeof controlOf>} */
  let control;
  /** @type {Browsers} */
  let browsers;
  /** @type {WebClient} */
  let client;
  /** @type {string} */
  let qr;

  before(async () => {
    standin = await startStandin();
    control = controlOf(standin.controlUrl);
    browsers = new Browsers(standin);
    client = browsers.client(await browsers.newProfile(), { deviceName: 'MassSender', browserName: 'Firefox' });
    client.on('qr', (shown) => {
      qr = shown;
    });
    const first = event(client, 'qr');
    await within(client.initialize(), 'start');
    await first;
  });
  after(async () => {
    await browsers.closeAll();
    await standin.close();
  });

  /** @param {string} expected */
  const stateIs = (expected) => until(() => client.getState(), (state) => state === expected);

  it('shows another QR in time, and the one before is stale', async () => {
    const before = qr;
    await control.post('behaviour', { qr_rotation_s: 0.05 });
    // The QR on the screen keeps the time it was given; asking anew gives one with the new time.
    await client.pupPage?.evaluate("window.require('WAWebCmd').Cmd.refreshQR()");
    await event(client, 'qr', (shown) => shown !== before);
    await event(client, 'qr');
    await control.post('reset', { only: 'behaviour' });
    const { status } = await control.call('POST', 'scan', { qr: before, number: ADA, name: 'Ada' });
    assert.equal(status, 410);
  });

  it('rests at UNPAIRED_IDLE until the QR is asked for again', async () => {
    const before = qr;
    await control.post('behaviour', { unpaired_idle: true });
    await stateIs('UNPAIRED_IDLE');
    assert.deepEqual((await control.get('pages')).map((/** @type {any} */ page) => page.ref), [null]);
    const next = event(client, 'qr');
    await client.pupPage?.evaluate("window.require('WAWebCmd').Cmd.refreshQR()");
    assert.notEqual((await next)[0], before);
    await stateIs('UNPAIRED');
    await control.post('reset', { only: 'behaviour' });
  });

  it('stops showing QRs after as many as WhatsApp would show', async () => {
    await control.post('behaviour', { qr_rotation_s: 0.05, qr_refs: 2 });
    await client.pupPage?.evaluate("window.require('WAWebCmd').Cmd.refreshQR()");
    await stateIs('UNPAIRED_IDLE');
    await control.post('reset', { only: 'behaviour' });
    await client.pupPage?.evaluate("window.require('WAWebCmd').Cmd.refreshQR()");
    await stateIs('UNPAIRED');
  });

  it('gets no code when WhatsApp refuses one', async () => {
    await control.post('behaviour', { pairing_code_fails: true });
    await assert.rejects(client.requestPairingCode('491700000001'), /bad-request/);
    await control.post('reset', { only: 'behaviour' });
    await assert.rejects(client.requestPairingCode('12'), /E\.164/);
  });

  it('is linked by the code, typed on the phone it was made for', async () => {
    const code = await client.requestPairingCode('491700000001');
    assert.match(code, /^[1-9A-Z]{8}$/);
    assert.equal((await control.call('POST', 'pair', { code: 'AAAAAAAA', number: ADA, name: 'Ada' })).status, 404);
    assert.equal((await control.call('POST', 'pair', { code, number: '+491700000002', name: 'Bob' })).status, 403);
    const ready = event(client, 'ready');
    await control.post('pair', { code, number: ADA, name: 'Ada' });
    await ready;
    assert.equal(client.info.wid._serialized, '491700000001@c.us');
    assert.equal(client.info.pushname, 'Ada');
    const browser = async () => (await control.get('accounts'))[0].devices[0].browser;
    assert.deepEqual(await until(browser, ({ os }) => os === 'MassSender'), { os: 'MassSender', name: 'Firefox' });
  });

  it('told by navigation that the phone unlinked it, says LOGOUT and shows a QR again', async () => {
    const gone = event(client, 'disconnected');
    const shown = event(client, 'qr');
    assert.deepEqual(await control.post('unlink', { number: ADA, how: 'navigate' }), { pages: 1 });
    assert.deepEqual(await gone, ['LOGOUT']);
    await shown;
  });

  it('never asked the page for anything it does not have', async () => {
    assert.deepEqual(await control.get('unknown-modules'), {});
    await assert.rejects(async () => client.pupPage?.evaluate("window.require('WAWebNothing')"), /unknown module "WAWebNothing"/);
    assert.deepEqual(await control.get('unknown-modules'), { WAWebNothing: 1 });
  });
});

describe('a profile', () => {
  /** @type {Awaited<ReturnType<typeof startStandin>>} */
  let standin;
  /** @type {ReturnType<typeof controlOf>} */
  let control;
  /** @type {Browsers} */
  let browsers;
  /** @type {string} */
  let profile;

  before(async () => {
    standin = await startStandin();
    control = controlOf(standin.controlUrl);
    browsers = new Browsers(standin);
    profile = await browsers.newProfile();
  });
  afterEach(() => control.post('reset', { only: 'behaviour' }));
  after(async () => {
    await browsers.closeAll();
    await standin.close();
  });

  /** @param {WebClient} client */
  async function linked(client) {
    const shown = event(client, 'qr');
    await within(client.initialize(), 'start');
    const [qr] = await shown;
    const ready = event(client, 'ready');
    await control.post('scan', { qr, number: ADA, name: 'Ada' });
    await ready;
  }

  it('is linked by scanning its QR, and stays so over a restart', async () => {
    const first = browsers.client(profile);
    await linked(first);
    await browsers.close(first);

    const second = browsers.client(profile);
    const ready = event(second, 'ready');
    await within(second.initialize(), 'start');
    await ready;
    assert.equal(await second.getState(), 'CONNECTED');
    await browsers.close(second);
  });

  it('whose sync was over too soon is connected and never ready, until the library is nudged', async () => {
    await control.post('behaviour', { miss_synced: true });
    const client = browsers.client(profile);
    let readies = 0;
    client.on('ready', () => {
      readies += 1;
    });
    await within(client.initialize(), 'start');
    assert.equal(await client.pupPage?.evaluate("window.require('WAWebSocketModel').Socket.hasSynced"), true);
    assert.equal(await client.getState(), 'CONNECTED');
    assert.equal(readies, 0);
    const ready = event(client, 'ready');
    await client.pupPage?.evaluate('window.onAppStateHasSyncedEvent()');
    await ready;
    assert.equal(readies, 1);
    await browsers.close(client);
  });

  it('of a restricted account is disconnected with that reason, and starts into it', async () => {
    const client = browsers.client(profile);
    const ready = event(client, 'ready');
    await within(client.initialize(), 'start');
    await ready;
    const gone = event(client, 'disconnected');
    await control.post('behaviour', { number: ADA, restricted: true });
    assert.deepEqual(await gone, ['TOS_BLOCK']);
    await browsers.close(client);

    const next = browsers.client(profile);
    await within(next.initialize(), 'start');
    assert.equal(await next.getState(), 'TOS_BLOCK');
    await browsers.close(next);
  });

  it('unlinked by state is disconnected as UNPAIRED, and shows a QR at the next start', async () => {
    const client = browsers.client(profile);
    const ready = event(client, 'ready');
    await within(client.initialize(), 'start');
    await ready;
    const gone = event(client, 'disconnected');
    await control.post('unlink', { number: ADA, how: 'state' });
    assert.deepEqual(await gone, ['UNPAIRED']);
    await browsers.close(client);

    const next = browsers.client(profile);
    await linked(next);
    await browsers.close(next);
  });

  it('unlinked while its browser was closed simply shows a QR, and can log itself out', async () => {
    assert.deepEqual(await control.post('unlink', { number: ADA, how: 'navigate' }), { pages: 0 });
    const client = browsers.client(profile);
    await linked(client);
    await within(client.logout(), 'logout');
    assert.deepEqual((await control.get('accounts'))[0].devices, []);
  });

  it('whose page never gets its version fails to start with "auth timeout"', async () => {
    await control.post('behaviour', { never_answers: true });
    const client = browsers.client(profile, { authTimeoutMs: 300 });
    await assert.rejects(within(client.initialize(), 'start'), (error) => error === 'auth timeout');
    await browsers.close(client);
  });

  it('whose page is never answered does not start, until it is', async () => {
    await control.post('behaviour', { never_loads: true });
    const client = browsers.client(profile);
    let settled = false;
    const started = client.initialize().finally(() => {
      settled = true;
    });
    await until(() => control.get('loads'), ({ kept }) => kept === 1);
    assert.equal(settled, false);
    const shown = event(client, 'qr');
    await control.post('reset', { only: 'behaviour' });
    await within(started, 'start');
    await shown;
    await killBrowser(client);
  });
});
