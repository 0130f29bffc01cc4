import { ID, NO_QUERY, answers, exactly, ref } from './protocol.js';
import { idOf } from './sessions.js';

/** WhatsApp's id of a message, such as false_905321234567@c.us_3EB0… */
const ID_AND_EVENT = exactly({ id: ref('session_id'), event: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' } }, Object.keys(ID.properties).concat('event'));

/** @param {import('fastify').FastifyInstance} app @param {import('../worker.js').Worker} worker */
export function attachmentRoutes(app, worker) {
  app.get('/v1/sessions/:id/attachments/:event', { schema: { params: ID_AND_EVENT, querystring: NO_QUERY, response: answers() } }, async (request, reply) => {
    const session = worker.session(idOf(request));
    const { event } = /** @type {{event: string}} */ (request.params);
    const content = await session.contents.of(event, () => session.readyClient(), () => request.raw.destroyed);
    return reply.type('application/octet-stream').send(content);
  });
}
