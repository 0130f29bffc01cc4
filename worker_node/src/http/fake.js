import { Refusal } from '../errors.js';
import { ID, exactly, ref } from './protocol.js';
import { idOf } from './sessions.js';

/**
 * @typedef {import('../worker.js').Worker} Worker
 * @typedef {import('../fake/fake.js').FakeWhatsApp} FakeWhatsApp
 * @typedef {import('../fake/phone.js').FakePhone} FakePhone
 * @typedef {import('fastify').FastifyInstance} App
 */

const TROUBLES = ['throw', 'throw_after', 'hang', 'hang_after', 'late', 'undefined', 'undefined_after', 'no_event', 'media_refused', 'refuse', 'crash',
  'crash_after', 'die', 'die_after', 'die_at_check', 'check_throws', 'check_hangs'];
const NAME = { type: ['string', 'null'], maxLength: 100 };
const NUMBERS = { type: 'array', items: ref('number') };
const GROUP = exactly(
  { id: { type: 'string' }, name: { type: 'string' }, broken: { type: 'boolean' }, members: { type: 'array', items: exactly({ number: { anyOf: [ref('number'), { type: 'null' }] }, name: NAME }, ['number']) } },
  ['id', 'name', 'members'],
);

/** `size`: as the message says it, where that is not what its content has; without `base64` WhatsApp has the file no more. */
const FILE = exactly({ base64: { type: 'string' }, mime: { type: 'string' }, filename: { type: ['string', 'null'] }, size: { type: 'integer', minimum: 0 } }, ['mime']);
const REPLY = exactly({ from: ref('number'), from_lid: { type: 'string' }, name: NAME, text: { type: 'string' }, media: { type: ['string', 'null'] }, file: FILE }, ['text']);
const MOST_BODY = 64 * 1024 * 1024;

/** Hands for the far side: what a person with the phone, and WhatsApp itself, would do. Only with WORKER_FAKE=1. @param {App} app @param {Worker} worker @param {FakeWhatsApp} fake */
export function fakeRoutes(app, worker, fake) {
  /**
   * @param {string} path
   * @param {object} body
   * @param {(phone: FakePhone, body: any, id: string) => unknown} act
   */
  const post = (path, body, act) => {
    app.post(`/fake/sessions/:id/${path}`, { schema: { params: ID, body }, bodyLimit: MOST_BODY }, async (request) => {
      const id = idOf(request);
      worker.session(id);
      return (await act(fake.phone(id), request.body, id)) ?? { ok: true };
    });
  };

  post('scan', exactly({ number: ref('number'), name: NAME }, ['number']), (phone, { number, name }) => link(phone, number, name ?? null));
  post('type-code', exactly({ code: { type: 'string' }, number: ref('number'), name: NAME }, ['code', 'number']), (phone, { code, number, name }) => {
    if (code !== phone.code) throw new Refusal('refused', 'That is not the code.');
    link(phone, number, name ?? null);
  });
  post('set', exactly({ auto_ack: { type: ['integer', 'null'] }, lids: { type: 'boolean' }, unregistered: NUMBERS, hidden: { type: 'array', items: { type: 'string' } } }), (phone, body) => {
    phone.change({
      ...(body.auto_ack === undefined ? {} : { autoAck: body.auto_ack }),
      ...(body.lids === undefined ? {} : { lids: body.lids }),
      ...(body.unregistered === undefined ? {} : { unregistered: body.unregistered }),
      ...(body.hidden === undefined ? {} : { hiddenNumbers: body.hidden }),
    });
  });
  post('groups', exactly({ groups: { type: 'array', items: GROUP } }, ['groups']), (phone, { groups }) => {
    phone.change({ groups: groups.map(groupOf) });
  });
  post('ack', exactly({ key: ref('key'), provider_id: { type: 'string' }, ack: { type: 'integer', minimum: -1, maximum: 4 } }, ['ack']), async (phone, { key, provider_id: given, ack }, id) => {
    const providerId = given ?? (await worker.session(id).journal.get(key))?.providerId;
    if (!providerId || !phone.ack(providerId, ack)) throw new Refusal('not_found', 'No such message reached WhatsApp.');
  });
  post('reply', REPLY, (phone, { from, from_lid: lid, name, text, media, file }) =>
    phone.reply(
      { from: lid ?? phone.idOf(from.slice(1)), name: name ?? null, text, media: media ?? kindOf(file), attachment: attachmentOf(file), at: worker.clock.now() },
      file?.base64 ?? null,
    ),
  );
  post('unlink', exactly({ reason: { type: 'string' } }), (phone, { reason }) => {
    phone.change({ linked: false });
    phone.client?.unlink(reason ?? 'LOGOUT');
  });
  post('next-sends', exactly({ troubles: { type: 'array', items: { enum: TROUBLES } } }, ['troubles']), (phone, { troubles }) => phone.change({ troubles }));
  post('crash', exactly({ what: { enum: ['browser', 'page', 'worker'] } }, ['what']), (phone, { what }) => {
    if (what === 'worker') setImmediate(() => fake.die());
    else phone.client?.crash(what === 'browser' ? 'browser_gone' : 'page_crashed');
  });
  post('socket', exactly({ state: { type: ['string', 'null'] } }, ['state']), (phone, { state }) => {
    phone.socket = state;
    phone.client?.says('state', state ?? 'CONNECTED');
  });

  app.get('/fake/sessions/:id/got', { schema: { params: ID } }, async (request) => {
    const { got } = fake.phone(idOf(request)).kept;
    return {
      messages: got.map(({ id, to, text, kind, filename, mime, sha256, ack }) => ({ provider_id: id, to, text, kind, filename, mime, sha256, ack })),
      count: got.length,
    };
  });

  app.get('/fake/talks', async () => ({
    sessions: [...worker.sessions.keys()].map((id) => talksOf(id, fake.phone(id))).filter(({ number }) => number !== ''),
  }));
}

/** What stands on the phones of those who talk with a session, the oldest first. @param {string} id @param {FakePhone} phone */
function talksOf(id, phone) {
  const { number, name, got, received, hiddenNumbers } = phone.kept;
  const toThem = got.map((one) => ({ id: one.id, mine: false, person: one.to, name: null, text: one.text, kind: one.kind, filename: one.filename, ack: one.ack, at: one.at }));
  const byThem = received.filter(({ from }) => !hiddenNumbers.includes(from)).map((one) => (
    { id: one.id, mine: true, person: phone.numberOf(one.from), name: one.name, text: one.text, kind: one.media ?? 'text', filename: one.attachment?.filename ?? null, ack: null, at: one.at }));
  return { id, number, name, messages: [...toThem, ...byThem].sort((one, other) => one.at - other.at) };
}

/** @param {FakePhone} phone @param {string} number @param {string | null} name */
function link(phone, number, name) {
  if (!phone.client || phone.kept.linked) throw new Refusal('not_linking', 'Nothing waits to be linked.');
  phone.change({ number, name });
  phone.client.link();
}

/** @typedef {{base64?: string, mime: string, filename?: string | null, size?: number}} File */

/** @param {File | undefined} file @returns {import('../client/port.js').ReplyMedia} */
function kindOf(file) {
  if (!file) return null;
  const [family] = file.mime.split('/');
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'document';
}

/** @param {File | undefined} file @returns {import('../client/port.js').Attachment | null} */
function attachmentOf(file) {
  if (!file) return null;
  const { mime, filename = null, base64 } = file;
  return { mime, filename, size: file.size ?? (base64 === undefined ? null : Buffer.from(base64, 'base64').length) };
}

/** @param {{id: string, name: string, broken?: boolean, members: {number: string | null, name?: string | null}[]}} group */
function groupOf({ id, name, broken, members }) {
  return { id, name, broken: broken ?? false, members: members.map((one, n) => ({ id: one.number ? `${one.number.slice(1)}@c.us` : `77${n}@lid`, name: one.name ?? null })) };
}
