import { WhatsAppRefused } from '../client/port.js';
import { Refusal } from '../errors.js';
import { DeadlineError, iso, within } from '../system/clock.js';

/** WhatsApp replaces a pairing code after three minutes. */
const CODE_LASTS = 170_000;

/** The ways to link: a QR to scan, a code to type. */
export class Linking {
  #parts;

  /**
   * @param {object} parts
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('./status.js').Status} parts.status
   * @param {import('./lifecycle.js').Lifecycle} parts.life
   */
  constructor(parts) {
    this.#parts = parts;
  }

  qr() {
    const { qr } = this.#parts.status;
    if (!qr) throw new Refusal('no_qr', 'There is no QR to show now.');
    return { ...qr, at: iso(qr.at) };
  }

  /**
   * A code to type into the phone. While one is good, the same number gets the same one: asking WhatsApp again would void it.
   * @param {string} number E.164
   */
  async code(number) {
    const { clock, settings, status, life } = this.#parts;
    const digits = number.slice(1);
    await status.bell.until(clock, settings.waits.pairingCode, () => (status.state === 'starting' ? undefined : true));
    const client = life.client;
    if (status.linked || !client || !['qr', 'code'].includes(status.state)) throw new Refusal('not_linking', 'The session is not waiting to be linked.', status.state);
    const known = status.code;
    if (known?.digits === digits && clock.now() - known.at < CODE_LASTS) return { code: known.code, at: iso(known.at) };
    const code = await asked(() => within(clock, settings.waits.pairingCode, 'pairing code', client.pairingCode(digits)));
    if (!life.isCurrent(client)) throw new Refusal('page_failed', 'The browser went away.');
    await status.showCode(code, digits);
    return { code, at: iso(status.code?.at ?? clock.now()) };
  }
}

/** @param {() => Promise<string>} ask */
async function asked(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DeadlineError) throw new Refusal('timeout', 'WhatsApp gave no pairing code in time.');
    if (error instanceof WhatsAppRefused) throw new Refusal('refused', 'WhatsApp gave no pairing code for this number.');
    throw new Refusal('page_failed', 'The page could not ask for a pairing code.');
  }
}
