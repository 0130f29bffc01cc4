import { AtWork, folder } from './at_work.js';
import { ManualClock } from './clock.js';

/** @typedef {import('../../src/fake/phone.js').FakePhone} FakePhone */

export const AYSES_CHAT = '905320000001@c.us';
export const AYSES_LID = '9905320000001@lid';
export const AWAY = 7_200_000;

/**
 * A bakery that was linked, and whose worker was away while things happened to its phone.
 * @param {import('node:test').TestContext} t
 * @param {(phone: FakePhone, clock: ManualClock) => void} meanwhile
 * @param {{prepare?: import('../../src/fake/fake.js').FakeWhatsApp['prepare'], lids?: boolean}} [how]
 */
export async function away(t, meanwhile, { prepare, lids = false } = {}) {
  const clock = new ManualClock();
  const dir = await folder(t);
  const how = { clock, dir, env: { WORKER_DRAIN_SECONDS: '0' } };
  const first = await AtWork.begin(t, how);
  await first.linked();
  await first.pass(clock, AWAY);
  await first.end();
  const phone = first.fake.phone('bakery');
  phone.change({ lids });
  clock.advance(AWAY);
  meanwhile(phone, clock);
  const work = await AtWork.begin(t, { ...how, ...(prepare ? { prepare } : {}) });
  await work.state('bakery', 'ready');
  return { work, clock, phone: work.fake.phone('bakery'), journal: work.worker.session('bakery').journal, dir };
}

/** @param {FakePhone} phone @param {ManualClock} clock @param {string} number @param {string} text */
export const writes = (phone, clock, number, text) => phone.reply({ from: phone.idOf(number.slice(1)), name: null, text, media: null, at: clock.now() });

/** Lets time pass, and the worker look after its sessions. @param {{work: AtWork, clock: ManualClock}} at @param {number} ms */
export async function later({ work, clock }, ms) {
  clock.advance(ms);
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
  await work.worker.tick();
}

/** Replies told so far, as "who: text". @param {AtWork} work */
export async function told(work) {
  return (await work.events()).filter(({ kind }) => kind === 'reply').map(({ from, text }) => `${from}: ${text}`);
}

/** Everything told was taken in. @param {AtWork} work */
export async function takenIn(work) {
  const { last } = (await work.get('/v1/sessions/bakery/events?after=0')).body;
  await work.get(`/v1/sessions/bakery/events?after=${last}`);
}

let keys = 0;
/** @param {AtWork} work @param {string} to @returns {Promise<string>} what becomes of a message to them */
export async function sending(work, to) {
  keys += 1;
  const { body } = await work.send(`k${keys}`, { to, text: 'Buy!' });
  return body.reason ?? body.state;
}

/** A worker over a clock moved by hand, with a gate before or behind the reading of the chats. @param {import('node:test').TestContext} t @param {ReturnType<typeof import('./at_work.js').gated>[]} gates */
export async function linkedBehind(t, gates) {
  const clock = new ManualClock();
  const work = await AtWork.begin(t, { clock, env: { WORKER_DRAIN_SECONDS: '0' }, prepare: (client) => gates.forEach(({ prepare }) => prepare(client)) });
  await work.linked();
  return { work, clock, phone: work.fake.phone('bakery'), journal: work.worker.session('bakery').journal };
}

/** Written into the chat where no event tells of it. @param {FakePhone} phone @param {number} at @param {string} [text] */
export function writesUnseen(phone, at, text = 'STOP') {
  const received = { id: `false_${AYSES_CHAT}_${text}`, from: AYSES_CHAT, name: null, text, media: null, at };
  phone.change({ received: [...phone.kept.received, received] });
}
