import { createServer } from 'node:http';

import { bodyOf } from './page_server.js';
import { numberOf, Refused } from './world/ids.js';
import { stateOf } from './page_line.js';

/** @import { IncomingMessage } from 'node:http' */
/** @import { Group } from './world/account.js' */
/** @import { Freezer } from './freezer.js' */
/** @import { PageLine } from './page_line.js' */
/** @import { World } from './world/world.js' */

/** @typedef {ReturnType<typeof import('./page_server.js').pageServer>} PageServer */
/** @typedef {Record<string, any>} Given the JSON of a request; every handler checks what it takes out of it */
/** @typedef {{given: Given, query: URLSearchParams, rest: string}} Call */
/** @typedef {(call: Call) => unknown} Handler */

const LARGEST_CALL = 128 * 1024 * 1024;
const LONGEST_WAIT_MS = 60_000;

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
function text(value, name) {
  if (typeof value === 'string') return value;
  throw new Refused(400, `${name} must be a text`);
}

/** @param {Given} given @returns {Group} */
function groupOf(given) {
  const id = text(given.id, 'id');
  if (!id.endsWith('@g.us')) throw new Refused(400, `a group's id ends with @g.us: ${id}`);
  return {
    id,
    subject: text(given.subject, 'subject'),
    participants: /** @type {Given[]} */ (given.participants ?? []).map(({ number, lid, name }) => {
      if (number === undefined && lid === undefined) throw new Refused(400, 'a participant has a number, a lid, or both');
      return {
        number: number === undefined ? null : numberOf(number),
        lid: lid === undefined ? null : `${text(lid, 'lid').replace(/@lid$/, '')}@lid`,
        ...(name ? { name: text(name, 'name') } : {}),
      };
    }),
  };
}

/** @param {Given | undefined} media */
function mediaOf(media) {
  if (!media) return null;
  const mime = text(media.mime, 'media.mime');
  const family = /** @type {string} */ (mime.split('/')[0]);
  const type = media.voice ? 'ptt' : ['image', 'video', 'audio'].includes(family) ? family : 'document';
  return { bytes: Buffer.from(text(media.base64, 'media.base64'), 'base64'), mime, filename: media.filename ?? null, type };
}

/**
 * @param {World} world
 * @param {Freezer} freezer
 * @param {PageServer} pageServer
 * @returns {Record<string, Handler>}
 */
function handlers(world, freezer, { letPagesLoad, loads }) {
  /** @param {URLSearchParams} query */
  const from = (query) => numberOf(query.get('from'));
  /** @param {string} number */
  const sentBy = (number) => world.accounts.get(number)?.sent ?? [];

  /**
   * Pages hear in order: who has taken in how things are has taken in whatever was told before.
   *
   * @param {Iterable<PageLine>} pages
   */
  const takenIn = (pages) => Promise.all([...pages].map((page) => page.passSwitches()));

  async function applyBehaviour() {
    letPagesLoad();
    await freezer.apply();
    await takenIn(world.pages);
    for (const page of world.pages) {
      const behaviour = world.behaviour(page.number);
      if (behaviour.offline) page.hangUp();
      else if (page.account) page.passState(stateOf(behaviour.restricted));
      else if (behaviour.unpaired_idle && page.shown.ref) page.rest();
    }
    world.receipts.release();
  }

  /** @param {Given} given */
  function phoneOf(given) {
    const number = numberOf(given.number);
    // A phone that is linked once more is the account it was.
    const lid = typeof given.lid === 'boolean' ? given.lid : (world.accounts.get(number)?.usesLids ?? false);
    return { number, name: text(given.name, 'name'), lid };
  }

  return {
    'POST /control/scan': ({ given }) => {
      const phone = phoneOf(given);
      return { device: world.link(world.linking.scanned(given.qr), phone).id };
    },
    'POST /control/pair': ({ given }) => {
      const phone = phoneOf(given);
      return { device: world.link(world.linking.typed(given.code, phone.number), phone).id };
    },
    'POST /control/unlink': ({ given }) => {
      if (given.how !== 'navigate' && given.how !== 'state') throw new Refused(400, 'how is "navigate" or "state"');
      return { pages: world.unlink(given.number, given.how) };
    },
    'POST /control/reply': ({ given }) => {
      const group = given.group === undefined ? null : text(given.group, 'group');
      const name = given.name === undefined ? null : text(given.name, 'name');
      const written = { from: numberOf(given.from), name, text: text(given.text ?? '', 'text'), group };
      return { id: world.reply(world.account(given.to), written, mediaOf(given.media)).key };
    },
    'POST /control/groups': async ({ given }) => {
      if (!Array.isArray(given.groups)) throw new Refused(400, 'groups must be a list');
      const account = world.account(given.number);
      world.join(account, given.groups.map(groupOf));
      await takenIn(account.pages);
      return {};
    },
    'POST /control/behaviour': async ({ given: { number = null, ...changes } }) => {
      world.switches.change(number, changes);
      await applyBehaviour();
      return world.switches.shown();
    },
    'GET /control/behaviour': () => world.switches.shown(),
    'POST /control/reset': async ({ given }) => {
      if (given.only !== undefined && given.only !== 'behaviour') throw new Refused(400, 'only can be "behaviour"');
      world.switches.reset();
      if (given.only) return applyBehaviour().then(() => ({}));
      freezer.thawAll();
      world.reset();
      letPagesLoad();
      return {};
    },
    'GET /control/messages': async ({ query }) => {
      const number = from(query);
      const least = Number(query.get('at_least') ?? 0);
      const until = Date.now() + Math.min(Number(query.get('within_ms') ?? 5000), LONGEST_WAIT_MS);
      while (sentBy(number).length < least && Date.now() < until) await world.nextSent(until - Date.now());
      return sentBy(number);
    },
    'GET /control/refused': ({ query }) => world.accounts.get(from(query))?.refused ?? [],
    'GET /control/counts': ({ query }) => Object.fromEntries(world.accounts.get(from(query))?.sentTo ?? []),
    'GET /control/activity': ({ query }) => world.accounts.get(from(query))?.activity ?? [],
    'GET /control/accounts': () =>
      [...world.accounts.values()].map((account) => ({
        number: account.number,
        name: account.name,
        lid: account.me.lid,
        devices: [...account.devices.values()].map(({ id, browser, page, waiting }) => ({
          id,
          browser,
          connected: page !== null,
          waiting: waiting.length,
        })),
      })),
    'GET /control/pages': () => [...world.pages].map(({ number, shown, frozen }) => ({ number, ...shown, frozen })),
    'GET /control/loads': () => loads(),
    'GET /control/unknown-modules': () => Object.fromEntries(world.unknownModules),
    'GET /control/media/': ({ rest }) => {
      const media = world.media.get(rest);
      if (!media) throw new Refused(404, 'no such media');
      return media.bytes;
    },
  };
}

/**
 * The hand of the tests: what phones, people and fate do, and what was counted.
 *
 * @param {{world: World, freezer: Freezer, pages: PageServer}} parts
 */
export function controlServer({ world, freezer, pages }) {
  const known = handlers(world, freezer, pages);

  /** @param {IncomingMessage} request @returns {Promise<unknown>} */
  async function work(request) {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const wanted = `${request.method} ${url.pathname}`;
    const name = wanted in known ? wanted : wanted.slice(0, wanted.lastIndexOf('/') + 1);
    const handler = known[name];
    if (!handler) throw new Refused(404, `no such call: ${wanted}`);
    const body = await bodyOf(request, LARGEST_CALL);
    /** @type {Given} */
    let given = {};
    try {
      if (body.length > 0) given = JSON.parse(body.toString());
    } catch {
      throw new Refused(400, 'the body is not JSON');
    }
    return handler({ given, query: url.searchParams, rest: wanted.slice(name.length) });
  }

  return createServer((request, response) => {
    work(request).then(
      (answer) => {
        const raw = Buffer.isBuffer(answer);
        response.writeHead(200, { 'content-type': raw ? 'application/octet-stream' : 'application/json' });
        response.end(raw ? answer : JSON.stringify(answer));
      },
      (error) => {
        response.writeHead(error instanceof Refused ? error.status : 500, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
      },
    );
  });
}
