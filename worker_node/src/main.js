import { join } from 'node:path';
import { FakeWhatsApp } from './fake/fake.js';
import { buildApp } from './http/app.js';
import { SettingsError, settingsFrom } from './settings.js';
import { DataDirInUse } from './store.js';
import { systemClock } from './system/clock.js';
import { facts, makeLog } from './system/log.js';
import { killBrowsersIn } from './system/processes.js';
import { whose } from './system/whose.js';
import { Worker } from './worker.js';

/** What a supervisor is told, other than 0 of an orderly end: of failures, of settings that cannot be used, and of a data folder that another worker has. */
const EXIT = { failed: 1, settings: 2, inUse: 3 };

/** A worker that has stopped waits so long for requests that are still on their way. */
const LAST_WORDS_MS = 1_000;

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof SettingsError ? EXIT.settings : error instanceof DataDirInUse ? EXIT.inUse : EXIT.failed);
}

async function run() {
  const settings = settingsFrom(process.env);
  const log = makeLog(settings.logLevel);
  const fake = settings.fake ? new FakeWhatsApp(join(settings.dataDir, 'fake'), systemClock) : undefined;
  const make = fake ? fake.makeClient : (await import('./client/whatsapp_web.js')).clientMaker({ settings, log, clock: systemClock });
  process.stdout.on('error', () => {});
  /** @type {Worker | undefined} */
  let worker;
  process.on('unhandledRejection', (error) => {
    if (worker) worker.rejected(error, whose.getStore());
    else log.error(facts(error), 'a failure that nobody waited for');
  });
  worker = await Worker.open({ settings, clock: systemClock, log, makeClient: make });
  const app = await buildApp({ worker, log, fake });
  stopInOrder(worker, app, settings, log);
  await app.listen({ host: settings.host, port: settings.port });
  const address = /** @type {import('node:net').AddressInfo} */ (app.server.address());
  process.stdout.write(`${JSON.stringify({ listening: address.port })}\n`);
  log.info({ port: address.port, sessions: worker.sessions.size, fake: settings.fake }, 'listening');
}

/** Until the last connection is closed. Who asks for something may be slow to end it, or not end it at all. @param {import('fastify').FastifyInstance} app */
async function closed(app) {
  const late = setTimeout(() => app.server.closeAllConnections(), LAST_WORDS_MS);
  await app.close();
  clearTimeout(late);
}

/**
 * Signals, and the end of the parent where it holds our stdin, stop the worker in order, once. Whatever does not end in time is killed: no
 * Chromium stays behind.
 * @param {Worker} worker
 * @param {import('fastify').FastifyInstance} app
 * @param {import('./settings.js').Settings} settings
 * @param {import('./system/log.js').Logger} log
 */
function stopInOrder(worker, app, settings, log) {
  let isStopping = false;
  const stop = (/** @type {string} */ why) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ why }, 'stopping');
    const hurry = setTimeout(() => {
      log.error('stopping took too long; the browsers are killed');
      killBrowsersIn(join(settings.dataDir, 'sessions'), systemClock).finally(() => process.exit(EXIT.failed));
    }, settings.waits.stop);
    worker
      .stop()
      .then(() => closed(app))
      .then(() => worker.close())
      .then(() => {
        clearTimeout(hurry);
        log.info('stopped');
        process.exit();
      })
      .catch((error) => log.error(facts(error), 'stopping failed'));
  };
  process.on('uncaughtException', (error) => {
    log.fatal(facts(error), 'the worker has failed; it stops');
    process.exitCode = EXIT.failed;
    stop('a failure');
  });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) process.on(signal, () => stop(signal));
  if (!settings.stopWithParent) return;
  process.stdin.on('end', () => stop('the parent is gone')).on('close', () => stop('the parent is gone')).on('error', () => stop('the parent is gone'));
  process.stdin.resume();
}
