import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What Prometheus is told. Holds numbers only, of nobody. */
export class Metrics {
  registry = new Registry();
  #messages;
  #restarts;
  #lost;
  #rejections;
  #seconds;
  #gauges;

  constructor() {
    const registers = [this.registry];
    this.#messages = new Counter({ name: 'worker_messages_total', help: 'Messages by the state they reached', labelNames: ['state', 'reason'], registers });
    this.#restarts = new Counter({ name: 'worker_browser_restarts_total', help: 'Browsers started anew, by reason', labelNames: ['reason'], registers });
    this.#lost = new Counter({ name: 'worker_replies_without_number_total', help: 'Replies from a hidden id whose number is not known', registers });
    this.#rejections = new Counter({ name: 'worker_unhandled_rejections_total', help: 'Failures of the library that nobody waited for', registers });
    this.#seconds = new Histogram({ name: 'worker_start_seconds', help: 'From the start of a browser', labelNames: ['to'], registers, buckets: [0.5, 1, 2, 5, 10, 30, 60, 120, 300] });
    this.#gauges = {
      sessions: new Gauge({ name: 'worker_sessions', help: 'Sessions by state', labelNames: ['state'], registers }),
      memory: new Gauge({ name: 'worker_session_memory_bytes', help: 'Memory of a session’s browser (PSS where known)', labelNames: ['session'], registers }),
      waiting: new Gauge({ name: 'worker_session_waiting', help: 'Messages waiting or under way', labelNames: ['session'], registers }),
      events: new Gauge({ name: 'worker_session_events', help: 'Events kept until acknowledged', labelNames: ['session'], registers }),
      dropped: new Gauge({ name: 'worker_session_events_dropped', help: 'Events that were let go unread', labelNames: ['session'], registers }),
    };
    collectDefaultMetrics({ register: this.registry });
  }

  /** @param {string} state @param {string | null} reason */
  message(state, reason) {
    this.#messages.inc({ state, reason: reason ?? '' });
  }

  /** @param {string} reason */
  restart(reason) {
    this.#restarts.inc({ reason });
  }

  replyLost() {
    this.#lost.inc();
  }

  rejection() {
    this.#rejections.inc();
  }

  /** @param {'qr' | 'ready'} to @param {number} ms */
  started(to, ms) {
    this.#seconds.observe({ to }, ms / 1000);
  }

  /** @param {Iterable<import('./session/session.js').Session>} sessions */
  async text(sessions) {
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    for (const { id: session, status, sender, journal } of sessions) {
      this.#gauges.sessions.inc({ state: status.state });
      if (status.memoryBytes !== null) this.#gauges.memory.set({ session }, status.memoryBytes);
      this.#gauges.waiting.set({ session }, sender.waiting);
      this.#gauges.events.set({ session }, journal.events.kept);
      this.#gauges.dropped.set({ session }, journal.events.dropped);
    }
    return this.registry.metrics();
  }
}
