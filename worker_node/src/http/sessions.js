import { Refusal } from '../errors.js';
import { ID, NO_BODY, NO_QUERY, WAIT, answers, exactly, ref, waitOf } from './protocol.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('fastify').FastifyInstance} App
 */

/** @typedef {{number?: string, listen_since?: string}} StartRequest */

const START = { anyOf: [ref('start_request'), { type: 'null' }] };
const STATUS_QUERY = exactly({ rev: { type: 'string', pattern: '^[0-9]{1,15}$' }, wait: WAIT });

/** @param {App} app @param {Worker} worker */
export function sessionRoutes(app, worker) {
  app.get('/v1/sessions', { schema: { querystring: NO_QUERY, response: answers('sessions') } }, async () => ({
    sessions: [...worker.sessions.values()].map((session) => session.view()),
  }));

  const plain = { params: ID, querystring: NO_QUERY };

  app.put('/v1/sessions/:id', { schema: { ...plain, body: START, response: answers('session') }, preValidation: noBody }, async (request) => {
    const session = await worker.start(idOf(request), wishOf(/** @type {StartRequest | null} */ (request.body)));
    return session.view();
  });

  app.get('/v1/sessions/:id', { schema: { params: ID, querystring: STATUS_QUERY, response: answers('session') } }, async (request) => {
    const session = worker.session(idOf(request));
    const { rev, wait } = /** @type {{rev?: string, wait?: string}} */ (request.query);
    if (rev !== undefined) await session.status.bell.until(worker.clock, waitOf(wait), () => (session.status.rev > Number(rev) ? true : undefined));
    return session.view();
  });

  app.post('/v1/sessions/:id/stop', { schema: { ...plain, body: NO_BODY, response: answers('session') }, preValidation: noBody }, async (request) => {
    const session = worker.session(idOf(request));
    await session.stop();
    return session.view();
  });

  app.post('/v1/sessions/:id/logout', { schema: { ...plain, body: NO_BODY, response: answers('session') }, preValidation: noBody }, async (request) => {
    const session = worker.session(idOf(request));
    await session.logout();
    return session.view();
  });

  app.delete('/v1/sessions/:id', { schema: { ...plain, body: NO_BODY, response: answers() }, preValidation: noBody }, async (request, reply) => {
    await worker.remove(idOf(request));
    return reply.code(204).send();
  });

  app.get('/v1/sessions/:id/qr', { schema: { ...plain, response: answers('qr') } }, async (request) => worker.session(idOf(request)).linking.qr());

  app.post(
    '/v1/sessions/:id/pairing-code',
    { schema: { ...plain, body: ref('pairing_request'), response: answers('pairing_code') } },
    async (request) => worker.session(idOf(request)).linking.code(/** @type {{number: string}} */ (request.body).number),
  );
}

/** @param {StartRequest | null} body @returns {import('../session/session.js').Wish} */
function wishOf(body) {
  const { number = null, listen_since: since } = body ?? {};
  const listenSince = since === undefined ? null : Date.parse(since);
  if (Number.isNaN(listenSince)) throw new Refusal('bad_request', 'body/listen_since is no time.');
  return { number, listenSince };
}

/** A request without a body is checked like one with `null`. @param {import('fastify').FastifyRequest} request */
export async function noBody(request) {
  request.body ??= null;
}

/** @param {import('fastify').FastifyRequest} request */
export function idOf(request) {
  const { id } = /** @type {{id?: string}} */ (request.params);
  if (id === undefined) throw new Refusal('no_session', 'There is no such session.');
  return id;
}
