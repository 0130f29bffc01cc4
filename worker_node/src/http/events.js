import { ID, WAIT, answers, exactly, waitOf } from './protocol.js';
import { idOf } from './sessions.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('fastify').FastifyInstance} App
 */

const QUERY = exactly({ after: { type: 'string', pattern: '^[0-9]{1,15}$' }, wait: WAIT });
const MOST_ITEMS = 200;

/** @param {App} app @param {Worker} worker */
export function eventRoutes(app, worker) {
  app.get('/v1/sessions/:id/events', { schema: { params: ID, querystring: QUERY, response: answers('events') } }, async (request) => {
    const { journal } = worker.session(idOf(request));
    const { after = '0', wait } = /** @type {{after?: string, wait?: string}} */ (request.query);
    // A cursor of an earlier journal, on a machine whose clock was ahead (journals count from the clock): what is here now was never told.
    const cursor = Number(after) > journal.events.last ? 0 : Number(after);
    await journal.letGo(cursor);
    await journal.events.bell.until(worker.clock, waitOf(wait), () => (journal.events.holdsAfter(cursor) ? true : undefined));
    return { items: await journal.events.after(cursor, MOST_ITEMS), last: journal.events.last };
  });
}
