import { isLid } from '../client/port.js';
import { Refusal } from '../errors.js';
import { DeadlineError, within } from '../system/clock.js';
import { ID, answers, exactly, ref } from './protocol.js';
import { idOf } from './sessions.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('../session/session.js').Session} Session
 * @typedef {import('fastify').FastifyInstance} App
 */

const GROUP = { type: 'string', pattern: '^[0-9-]{1,60}@g\\.us$' };
/** One request waits no longer than this; numbers not asked by then have no answer. */
const MOST_CHECK = 50_000;

/** @param {App} app @param {Worker} worker */
export function peopleRoutes(app, worker) {
  const none = exactly({});
  app.post('/v1/sessions/:id/numbers/check', { schema: { params: ID, querystring: none, body: ref('check_request'), response: answers('checked') } }, async (request) => {
    const { numbers } = /** @type {{numbers: string[]}} */ (request.body);
    return { results: await check(worker, worker.session(idOf(request)), numbers) };
  });

  const refresh = exactly({ refresh: { enum: ['true', 'false'] } });
  app.get('/v1/sessions/:id/groups', { schema: { params: ID, querystring: refresh, response: answers('groups') } }, async (request) => {
    const session = worker.session(idOf(request));
    if (/** @type {{refresh?: string}} */ (request.query).refresh === 'true') {
      const client = session.readyClient();
      session.groups.refresh(client, () => session.isCurrent(client));
    }
    return session.groups.view();
  });

  const which = exactly({ group: GROUP }, ['group']);
  app.get('/v1/sessions/:id/group-members', { schema: { params: ID, querystring: which, response: answers('group_members') } }, async (request) => {
    const session = worker.session(idOf(request));
    const { group } = /** @type {{group: string}} */ (request.query);
    return session.groups.members(group, () => session.readyClient()).catch((error) => {
      if (error instanceof Refusal) throw error;
      if (error instanceof DeadlineError) throw new Refusal('timeout', 'WhatsApp did not tell the groups in time.');
      throw new Refusal('page_failed', 'The page could not tell the groups.');
    });
  });
}

/** @param {Worker} worker @param {Session} session @param {string[]} numbers */
async function check(worker, session, numbers) {
  const client = session.readyClient();
  const end = worker.clock.now() + MOST_CHECK;
  const results = [];
  for (const number of numbers) {
    const left = Math.min(worker.settings.waits.check, end - worker.clock.now());
    const mayAsk = left > 0 && session.isCurrent(client);
    const id = mayAsk ? await within(worker.clock, left, 'number', client.numberId(number.slice(1))).catch(() => undefined) : undefined;
    if (id && isLid(id)) await session.journal.rememberLid(id, number);
    results.push({ number, on_whatsapp: id === undefined ? null : id !== null });
  }
  return results;
}
