import { facts } from '../system/log.js';
import { chatOf, isReply, messageId, ownFrom, receivedFrom } from './messages.js';
import { numberOf } from './port.js';

/**
 * Hears what the library says. Whatever goes wrong in hearing it is logged and goes no further: thrown back, the library would swallow it into
 * the page, and with it what it does next.
 * @param {Pick<import('whatsapp-web.js').Client, 'on'>} library
 * @param {import('./port.js').ClientEvents} on
 * @param {{log: import('../system/log.js').Logger, closing: () => void}} how `closing`: the library is about to close the browser itself
 */
export function listen(library, on, { log, closing }) {
  /** @param {string} event @param {(...said: any[]) => void} hear */
  const hearing = (event, hear) => {
    library.on(event, (/** @type {any[]} */ ...said) => {
      try {
        hear(...said);
      } catch (error) {
        log.error({ ...facts(error), event }, 'what the library said could not be dealt with');
      }
    });
  };
  hearing('qr', (qr) => on.qr(qr));
  hearing('code', (code) => on.code(code));
  hearing('authenticated', () => on.synced());
  hearing('ready', () => on.ready());
  hearing('change_state', (state) => on.state(String(state)));
  hearing('disconnected', (reason) => {
    // At any other reason the library closes the browser itself.
    if (String(reason) !== 'LOGOUT') closing();
    on.disconnected(String(reason));
  });
  hearing('message_create', (message) => {
    const model = modelOf(message);
    if (model.id?.fromMe === true) on.own(ownFrom(model));
    else if (isReply(model)) on.received(receivedFrom(model));
  });
  hearing('message_ciphertext', (message) => {
    const chat = chatOf(modelOf(message));
    if (/@(c\.us|lid)$/.test(chat)) on.unreadable({ chat, number: numberOf(chat) });
  });
  hearing('message_ack', (message, ack) => {
    const model = modelOf(message);
    if (model.id?.fromMe === true) on.ack(messageId(model), Number(ack));
  });
}

/** The page's own form of a message; the library's leaves out what the worker needs. @param {import('whatsapp-web.js').Message} message */
export function modelOf(message) {
  return /** @type {import('./in_page.js').Model} */ (message.rawData);
}
