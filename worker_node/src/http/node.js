import { readFileSync } from 'node:fs';
import { iso } from '../system/clock.js';
import { NO_QUERY, answers } from './protocol.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('fastify').FastifyInstance} App
 */

const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** @param {App} app @param {Worker} worker */
export function nodeRoutes(app, worker) {
  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const status = await worker.readiness();
    return reply.code(status === 'ready' ? 200 : 503).send({ status });
  });

  app.get('/metrics', async (_request, reply) => {
    const text = await worker.metrics.text(worker.sessions.values());
    return reply.type(worker.metrics.registry.contentType).send(text);
  });

  app.get('/v1/node', { schema: { querystring: NO_QUERY, response: answers('node') } }, async () => {
    const sessions = [...worker.sessions.values()];
    return {
      version: PACKAGE.version,
      library: PACKAGE.dependencies['whatsapp-web.js'],
      sessions: sessions.length,
      limit: worker.settings.limits.maxSessions,
      ready: sessions.filter(({ status }) => status.state === 'ready').length,
      memory_bytes: process.memoryUsage.rss(),
      since: iso(worker.since),
    };
  });
}
