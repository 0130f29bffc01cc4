import { createHash, timingSafeEqual } from 'node:crypto';
import multipart from '@fastify/multipart';
import responseValidation from '@fastify/response-validation';
import fastify from 'fastify';
import { Refusal, STATUS_OF, isDiskFull } from '../errors.js';
import { facts } from '../system/log.js';
import { attachmentRoutes } from './attachments.js';
import { eventRoutes } from './events.js';
import { fakeRoutes } from './fake.js';
import { messageRoutes } from './messages.js';
import { nodeRoutes } from './node.js';
import { peopleRoutes } from './people.js';
import { validator } from './protocol.js';
import { sessionRoutes } from './sessions.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('fastify').FastifyInstance} App
 */

/** The longest text, each character escaped as JSON escapes at most, and something around it. */
const MOST_JSON = 1024 * 1024;
/** A body must have come by then. */
const MOST_UPLOAD_MS = 300_000;

/**
 * The HTTP side, not yet listening.
 * @param {{worker: Worker, log: import('../system/log.js').Logger, fake?: import('../fake/fake.js').FakeWhatsApp | undefined}} parts
 * @returns {Promise<App>}
 */
export async function buildApp({ worker, log, fake }) {
  const app = fastify({
    logger: false,
    bodyLimit: MOST_JSON,
    requestTimeout: MOST_UPLOAD_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => refuse(log, error, request, reply),
  });
  app.setValidatorCompiler(({ schema }) => validator.compile(schema));
  // The answers are checked before; this only must not change them, as a serializer made from the schema would.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error, request, reply) => refuse(log, error, request, reply));
  app.setNotFoundHandler((request, reply) => refuse(log, new Refusal('not_found', 'There is nothing here.'), request, reply));
  acceptEmptyBodies(app);
  app.addHook('onRequest', guard(worker));
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Kept alive, the connection of a late answer would keep the stopping worker alive too.
    if (worker.stopping) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    log.debug({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered');
    done();
  });
  await app.register(responseValidation, { ajv: validator });
  await app.register(multipart, { limits: { fields: 1, files: 1, parts: 2, fieldSize: MOST_JSON, fileSize: worker.settings.limits.mediaBytes, headerPairs: 20 } });
  for (const routes of [nodeRoutes, sessionRoutes, messageRoutes, peopleRoutes, eventRoutes, attachmentRoutes]) routes(app, worker);
  if (fake) fakeRoutes(app, worker, fake);
  await app.ready();
  return app;
}

/** Clients that send `Content-Type: application/json` with nothing after it mean no body. @param {App} app */
function acceptEmptyBodies(app) {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, null);
    else parse(request, /** @type {string} */ (body), done);
  });
}

/**
 * Everything needs the token; compared so that the time taken tells nothing of it.
 * @param {Worker} worker
 * @returns {import('fastify').onRequestHookHandler}
 */
function guard(worker) {
  const wanted = digest(`Bearer ${worker.settings.token}`);
  return (request, _reply, done) => {
    const given = digest(request.headers.authorization ?? '');
    if (!timingSafeEqual(given, wanted)) done(new Refusal('unauthorized', 'The token is missing or wrong.'));
    else if (worker.stopping && request.url.startsWith('/v1/')) done(new Refusal('stopping', 'The worker is stopping.'));
    else done();
  };
}

/** @param {string} text */
function digest(text) {
  return createHash('sha256').update(text).digest();
}

/**
 * @param {import('../system/log.js').Logger} log
 * @param {unknown} error
 * @param {import('fastify').FastifyRequest} request
 * @param {import('fastify').FastifyReply} reply
 */
function refuse(log, error, request, reply) {
  const { code, message, state } = refusalOf(error);
  const status = STATUS_OF[code];
  const context = { ...(status >= 500 ? facts(error) : {}), code, method: request.method, route: request.routeOptions?.url };
  if (status >= 500 && code !== 'stopping') log.error(context, 'a request failed');
  else log.info(context, 'a request was refused');
  const headers = code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {};
  // Closed while the rest of the body is still on its way, the connection would be reset and this answer lost. Node reads that rest and throws it away.
  reply.removeHeader('connection');
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send({ error: code, message, ...(state ? { state } : {}) });
}

/** @param {unknown} error @returns {{code: import('../errors.js').RefusalCode, message: string, state?: string | undefined}} */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  if (isDiskFull(error)) return { code: 'disk_full', message: 'The disk is full.' };
  const { statusCode = 500, code = '', validation, validationContext } = /** @type {import('fastify').FastifyError} */ (error);
  if (code === 'FST_REQ_FILE_TOO_LARGE' || code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { code: 'too_large', message: 'The request is too large.' };
  if (validation && statusCode < 500) {
    const [first] = validation;
    const field = /** @type {{additionalProperty?: string}} */ (first?.params ?? {}).additionalProperty;
    return { code: 'bad_request', message: `${validationContext ?? 'request'}${first?.instancePath ?? ''} ${first?.message ?? ''}${field ? ` (${field.slice(0, 40)})` : ''}`.trim() };
  }
  if (code === 'LEVEL_DATABASE_NOT_OPEN') return { code: 'no_session', message: 'The session is gone.' };
  if (statusCode < 500) return { code: 'bad_request', message: 'The request cannot be understood.' };
  return { code: 'internal', message: 'The worker failed; its log says why.' };
}
