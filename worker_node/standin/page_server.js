import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';

import { WebSocketServer } from 'ws';

import { PageLine } from './page_line.js';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Freezer } from './freezer.js' */
/** @import { World } from './world/world.js' */

const PAGE_FILES = new URL('./page/', import.meta.url);

/** WhatsApp takes documents up to 2 GB; nothing in a test needs that. */
const LARGEST_UPLOAD = 256 * 1024 * 1024;

/**
 * @param {IncomingMessage} request
 * @param {number} limit
 * @returns {Promise<Buffer>}
 */
export async function bodyOf(request, limit) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > limit) throw new Error('too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * What stands at https://web.whatsapp.com/: the page, its scripts, its media, and its socket.
 *
 * @param {{world: World, freezer: Freezer, key: string, cert: string}} parts
 */
export function pageServer({ world, freezer, key, cert }) {
  /** @type {Set<ServerResponse>} pages kept waiting by `never_loads` */
  const kept = new Set();
  let answered = 0;

  /** @param {ServerResponse} response */
  async function sendPage(response) {
    answered += 1;
    const html = await readFile(new URL('index.html', PAGE_FILES), 'utf8');
    const marks = world.behaviour(null).never_answers ? 'never-answers' : '';
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(html.replace('{{marks}}', marks));
  }

  /**
   * @param {string} name
   * @param {ServerResponse} response
   */
  async function sendScript(name, response) {
    if (!/^[a-z_]+\.js$/.test(name)) return void response.writeHead(404).end();
    const script = await readFile(new URL(name, PAGE_FILES)).catch(() => null);
    if (!script) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' });
    return void response.end(script);
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function upload(request, response) {
    const bytes = await bodyOf(request, LARGEST_UPLOAD);
    const whose = world.deviceOf(String(request.headers['x-device'] ?? ''))?.account.number ?? null;
    if (world.behaviour(whose).upload_fails) return void response.writeHead(500).end();
    const sha256 = world.media.keep(bytes, String(request.headers['content-type'] ?? 'application/octet-stream'));
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify({ sha256 }));
  }

  /**
   * @param {string} hash
   * @param {ServerResponse} response
   */
  function sendMedia(hash, response) {
    const media = world.media.get(hash);
    if (!media || world.behaviour(null).media_gone) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    return void response.end(media.bytes);
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function serve(request, response) {
    const path = new URL(request.url ?? '/', 'https://web.whatsapp.com').pathname;
    if (path === '/') {
      if (!world.behaviour(null).never_loads) return sendPage(response);
      kept.add(response.on('close', () => kept.delete(response)));
      return undefined;
    }
    if (path.startsWith('/standin/hold/send/')) return freezer.holdSend(decodeURIComponent(path.slice('/standin/hold/send/'.length)), response);
    if (path.startsWith('/standin/hold/')) return freezer.hold(path.slice('/standin/hold/'.length), response);
    if (path.startsWith('/standin/')) return sendScript(path.slice('/standin/'.length), response);
    if (path === '/mms/upload' && request.method === 'POST') return upload(request, response);
    if (path.startsWith('/mms/')) return sendMedia(path.slice('/mms/'.length), response);
    return void response.writeHead(404).end();
  }

  const server = createServer({ key, cert }, (request, response) => {
    serve(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  const sockets = new WebSocketServer({ server, path: '/ws', maxPayload: LARGEST_UPLOAD });
  sockets.on('connection', (socket) => new PageLine(world, socket));

  return {
    server,

    /** How often the page was asked for and given, and how many askers are kept waiting. */
    loads: () => ({ answered, kept: kept.size }),

    /** Pages that were kept waiting are served when the switch is off. */
    letPagesLoad() {
      if (world.behaviour(null).never_loads) return;
      for (const response of kept) void sendPage(response);
      kept.clear();
    },

    async close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
