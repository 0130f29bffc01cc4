import { Refusal } from '../errors.js';
import { discard } from '../session/job.js';
import { iso } from '../system/clock.js';
import { sha256 } from '../system/digest.js';
import { ID, ID_AND_KEY, NO_BODY, NO_QUERY, SCHEMAS, WAIT, answers, exactly, waitOf } from './protocol.js';
import { idOf, noBody } from './sessions.js';
import { readMessage } from './upload.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('../journal/entry.js').Entry} Entry
 * @typedef {import('fastify').FastifyInstance} App
 */

const WAITING = exactly({ wait: WAIT });
const KEY = new RegExp(SCHEMAS.definitions.key.pattern);

/** @param {App} app @param {Worker} worker */
export function messageRoutes(app, worker) {
  app.post('/v1/sessions/:id/messages', { schema: { params: ID, querystring: WAITING, response: answers('message_state') } }, async (request) => {
    const session = worker.session(idOf(request));
    const key = keyOf(request.headers['idempotency-key']);
    // Before a file is read, which the server then reads to its end and throws away; a key that was used has its answer all the same.
    if (request.isMultipart() && !(await session.journal.get(key))) session.sender.refuseUnready();
    const { body, upload } = await readMessage(request, session.filesDir);
    /** @type {import('../client/port.js').Kind} */
    const kind = body.media?.kind ?? 'text';
    const file = body.media && upload ? { path: upload.path, filename: body.media.filename, mime: body.media.mime } : null;
    const parcel = { key, to: body.to, text: body.text, kind, file, hash: hashOf(body, upload?.sha256 ?? null), heard: body.heard ?? null };
    const entry = await session.sender.accept(parcel).catch(async (error) => {
      await discard(parcel);
      throw error;
    });
    const wait = waitFrom(request);
    return view(session, (wait > 0 ? await session.sender.answered(key, wait) : undefined) ?? entry);
  });

  app.get('/v1/sessions/:id/messages/:key', { schema: { params: ID_AND_KEY, querystring: WAITING, response: answers('message_state') } }, async (request) => {
    const session = worker.session(idOf(request));
    const { key } = /** @type {{key: string}} */ (request.params);
    const entry = await session.journal.get(key);
    if (!entry) throw new Refusal('no_message', 'That key was never used.');
    await session.sender.settled(entry);
    return view(session, (await session.sender.answered(key, waitFrom(request))) ?? entry);
  });

  app.post(
    '/v1/sessions/:id/messages/:key/close',
    { schema: { params: ID_AND_KEY, querystring: NO_QUERY, body: NO_BODY, response: answers('message_state') }, preValidation: noBody },
    async (request) => {
      const session = worker.session(idOf(request));
      const { key } = /** @type {{key: string}} */ (request.params);
      const { entry } = await session.journal.take(key, () => tombstone(key, worker.clock.now()));
      return view(session, (await session.sender.settled(entry)) ?? entry);
    },
  );
}

/** @param {import('fastify').FastifyRequest} request */
function waitFrom(request) {
  return waitOf(/** @type {{wait?: string}} */ (request.query).wait);
}

/** @param {string | string[] | undefined} header */
function keyOf(header) {
  if (typeof header !== 'string' || !KEY.test(header)) throw new Refusal('bad_request', 'The header Idempotency-Key is missing or not a key.');
  return header;
}

/** All that makes it this message and no other; when it was decided does not. @param {import('./upload.js').MessageBody} body @param {string | null} file */
function hashOf({ to, text, media }, file) {
  return sha256(JSON.stringify([to, text, media ? [media.kind, media.filename, media.mime, file] : null]));
}

/** A key that nobody may use any more. @param {string} key @param {number} at @returns {Entry} */
function tombstone(key, at) {
  return {
    key, state: 'failed', hash: null, reason: 'never_sent', canRetry: true, fault: null, providerId: null, at, takenAt: at,
    to: null, kind: null, textHash: null, filename: null, chat: null, attemptedAt: null, closedAt: null,
  };
}

/** @param {import('../session/session.js').Session} session @param {Entry} entry */
function view({ journal }, { key, state, reason, canRetry, fault, providerId, at }) {
  return { key, state, reason, can_retry: canRetry, fault, provider_id: providerId, at: iso(at), journal: journal.id };
}
