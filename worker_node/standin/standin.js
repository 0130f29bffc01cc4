import { newCertificate } from './certificate.js';
import { controlServer } from './control_server.js';
import { Freezer } from './freezer.js';
import { pageServer } from './page_server.js';
import { World } from './world/world.js';

/** @import { AddressInfo, Server } from 'node:net' */

/**
 * @typedef {object} Standin
 * @property {number} pagePort
 * @property {string} spki
 * @property {string} controlUrl
 * @property {string[]} chromiumArgs what Chromium needs in order to take the stand-in for web.whatsapp.com
 * @property {() => Promise<void>} close
 */

/**
 * @param {Server} server
 * @param {number} port
 * @returns {Promise<number>}
 */
async function listen(server, port) {
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => done(undefined));
  });
  return /** @type {AddressInfo} */ (server.address()).port;
}

/**
 * Starts the stand-in on loopback. Port 0 means any free one.
 *
 * @param {{port?: number, controlPort?: number}} [options]
 * @returns {Promise<Standin>}
 */
export async function startStandin({ port = 0, controlPort = 0 } = {}) {
  const { key, cert, spki } = await newCertificate();
  const world = new World();
  const freezer = new Freezer(world);
  const pages = pageServer({ world, freezer, key, cert });
  const control = controlServer({ world, freezer, pages });
  const pagePort = await listen(pages.server, port);
  const controlUrl = `http://127.0.0.1:${await listen(control, controlPort)}`;
  return {
    pagePort,
    spki,
    controlUrl,
    chromiumArgs: [
      `--host-resolver-rules=MAP web.whatsapp.com:443 127.0.0.1:${pagePort}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      `--ignore-certificate-errors-spki-list=${spki}`,
    ],
    async close() {
      world.stop();
      freezer.thawAll();
      control.closeAllConnections();
      await Promise.all([pages.close(), new Promise((done) => control.close(done))]);
    },
  };
}
