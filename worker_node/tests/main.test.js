import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TOKEN, folder } from './support/at_work.js';
import { WorkerProcess, launch } from './support/process.js';

test('it says in one line where it listens, on loopback, and ends in order at each signal', async (t) => {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) {
    const worker = await WorkerProcess.begin(t, { WORKER_DATA_DIR: await folder(t) });
    await worker.call('PUT', '/v1/sessions/bakery');
    await worker.state('qr');
    assert.equal(await worker.end(signal), 0, signal);
  }
});

test('whoever waits when it stops is answered', async (t) => {
  const worker = await WorkerProcess.begin(t, { WORKER_DATA_DIR: await folder(t) });
  await worker.call('PUT', '/v1/sessions/bakery');
  const { rev } = await worker.state('qr');
  const waiting = [worker.call('GET', `/v1/sessions/bakery?rev=${rev + 9}&wait=50`), worker.call('GET', '/v1/sessions/bakery/events?after=0&wait=50')];
  await worker.call('GET', '/healthz');
  assert.equal(await worker.end('SIGTERM'), 0);
  assert.deepEqual((await Promise.all(waiting)).map(({ status }) => status), [200, 200]);
});

test('who does not end a request that was refused holds nobody up', async (t) => {
  const worker = await WorkerProcess.begin(t, { WORKER_DATA_DIR: await folder(t) });
  for (const [token, status] of [[TOKEN, 413], ['wrong', 401]]) {
    const line = connect(worker.port, '127.0.0.1');
    t.after(() => line.destroy());
    line.on('error', () => {});
    line.write(`PUT /v1/sessions/bakery HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n`);
    const [answer] = await once(line, 'data');
    assert.equal(String(answer).split(' ')[1], String(status));
  }
  assert.equal(await worker.end('SIGTERM'), 0);
  assert.match(worker.log(), /"stopped"/);
});

test('two workers never share a data folder; the second says why, and the first is not harmed', async (t) => {
  const dir = await folder(t);
  const first = await WorkerProcess.begin(t, { WORKER_DATA_DIR: dir });
  const { child, log } = launch(t, { WORKER_DATA_DIR: dir });
  const [code] = await once(child, 'exit');
  assert.deepEqual([code, log()], [3, 'Another worker uses this data folder.\n']);
  assert.equal((await first.call('GET', '/readyz')).status, 200);
  await first.end('SIGKILL');
  const third = await WorkerProcess.begin(t, { WORKER_DATA_DIR: dir });
  assert.equal(await third.end('SIGTERM'), 0, 'a killed worker holds nothing');
});

test('settings that cannot be used end it with a sentence and a status of their own', async (t) => {
  const { child, log } = launch(t, { WORKER_DATA_DIR: await folder(t), WORKER_TOKEN: 'short' });
  const [code] = await once(child, 'exit');
  assert.deepEqual([code, log()], [2, 'The token must be at least 32 characters long.\n']);
});

test('when the parent is killed, the worker stops in order by itself', async (t) => {
  const dir = await folder(t);
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const parent = spawn(process.execPath, ['-e', `
    const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(main)}], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdout.on('data', (line) => process.stdout.write(child.pid + ' ' + line));
    setInterval(() => {}, 1000);
  `], { env: { PATH: process.env.PATH ?? '', WORKER_TOKEN: TOKEN, WORKER_DATA_DIR: dir, WORKER_FAKE: '1', WORKER_PORT: '0', WORKER_STOP_WITH_PARENT: '1' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(/** @type {import('node:stream').Readable} */ (parent.stdout), 'data');
  const pid = Number(String(line).split(' ')[0]);
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  const end = Date.now() + 5000;
  while (isAlive(pid) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(isAlive(pid), false);
  const next = await WorkerProcess.begin(t, { WORKER_DATA_DIR: dir });
  assert.equal(await next.end('SIGTERM'), 0);
});

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
