import { parseArgs } from 'node:util';

import { startStandin } from './standin.js';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, 'control-port': { type: 'string', default: '0' } },
});

const standin = await startStandin({ port: Number(values.port), controlPort: Number(values['control-port']) });
console.log(
  JSON.stringify({
    page_port: standin.pagePort,
    spki: standin.spki,
    control_url: standin.controlUrl,
    chromium_args: standin.chromiumArgs,
  }),
);

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  await standin.close();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// Whoever started it and died must not leave it behind.
process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
