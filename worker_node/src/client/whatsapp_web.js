import { readFile } from 'node:fs/promises';
import wwebjs from 'whatsapp-web.js';
import { DeadlineError } from '../system/clock.js';
import { Browser, launchOptions } from './browser.js';
import { classify, classifySend } from './failures.js';
import { chatIdInPage, contentInPage, groupsInPage, namesInPage, ownInPage, probeInPage, receivedInPage, refreshQrInPage, tellReadyInPage } from './in_page.js';
import { listen, modelOf } from './listening.js';
import { isReply, ownFrom, receivedFrom, widOf } from './messages.js';
import { NotSent, PageGone, WhatsAppRefused, numberOf } from './port.js';

/**
 * @typedef {import('./port.js').Client} Client
 * @typedef {import('./port.js').ClientEvents} ClientEvents
 * @typedef {import('../settings.js').Settings} Settings
 * @typedef {import('../system/clock.js').Clock} Clock
 */

const { Client: Library, LocalAuth, MessageMedia } = wwebjs;

/**
 * The one place that knows whatsapp-web.js.
 * @param {{settings: Settings, log: import('../system/log.js').Logger, clock: Clock}} parts
 * @returns {import('./port.js').MakeClient}
 */
export function clientMaker({ settings, log, clock }) {
  return (where) => new WhatsAppWeb({ ...where, settings, clock, log: log.child({ session: where.id }) });
}

/**
 * Keeps the profile where it is told, and deletes nothing: the library would do so under a running browser.
 * @param {string} dataPath
 * @param {() => Promise<void>} opened the browser runs, and nothing was asked of it yet
 */
function profileIn(dataPath, opened) {
  const profile = new LocalAuth({ dataPath });
  profile.afterBrowserInitialized = opened;
  profile.logout = async () => {};
  return profile;
}

/** WhatsApp Web in a Chromium of its own. @implements {Client} */
class WhatsAppWeb {
  #library;
  #browser;
  #contentMs;

  /** @param {{id: string, profileDir: string, on: ClientEvents, settings: Settings, clock: Clock, log: import('../system/log.js').Logger}} parts */
  constructor({ id, profileDir, on, settings, clock, log }) {
    this.#contentMs = settings.waits.content;
    this.#library = new Library({
      authStrategy: profileIn(profileDir, () => this.#browser.opened()),
      authTimeoutMs: settings.waits.initialize,
      // The default writes a file into the working directory, and where it cannot, `ready` never comes.
      webVersionCache: { type: 'none' },
      puppeteer: launchOptions(settings),
    });
    this.#browser = new Browser({ id, profileDir, library: this.#library, gone: (how) => on.gone(how), settings, clock, log });
    listen(this.#library, on, {
      log,
      closing: () => {
        this.#browser.closesItself = true;
      },
    });
  }

  start() {
    return this.#browser.start();
  }

  close() {
    return this.#browser.close();
  }

  pid() {
    return this.#browser.pid;
  }

  /** @template T @param {() => Promise<T>} ask @returns {Promise<T>} */
  async #asking(ask) {
    try {
      return await ask();
    } catch (error) {
      throw classify(error);
    }
  }

  probe() {
    return this.#asking(() => this.#browser.page.evaluate(probeInPage));
  }

  tellReady() {
    return this.#asking(() => this.#browser.page.evaluate(tellReadyInPage));
  }

  refreshQr() {
    return this.#asking(() => this.#browser.page.evaluate(refreshQrInPage));
  }

  /** @param {string} digits */
  async pairingCode(digits) {
    try {
      return await this.#asking(() => this.#library.requestPairingCode(digits));
    } catch (error) {
      throw error instanceof PageGone || error instanceof DeadlineError ? error : new WhatsAppRefused(error);
    }
  }

  async account() {
    const { wid, pushname } = this.#library.info;
    return { number: numberOf(widOf(wid)), name: pushname || null };
  }

  /** @param {string} digits */
  numberId(digits) {
    return this.#asking(async () => widOf(await this.#library.getNumberId(digits)));
  }

  /** @param {string} id */
  findChat(id) {
    return this.#asking(() => this.#browser.page.evaluate(chatIdInPage, id));
  }

  /** @param {import('./port.js').Outgoing} message */
  async send({ chat, text, kind, file }) {
    const media = file ? new MessageMedia(file.mime, await contentOf(file.path), file.filename) : null;
    // Previews ask the web, and marking as read is the owner's to do: either could fail or hang a send, or say more than was meant.
    const options = {
      sendSeen: false, linkPreview: false, parseVCards: false, sendAudioAsVoice: kind === 'voice', sendMediaAsDocument: kind === 'document',
      ...(media && text !== '' ? { caption: text } : {}),
    };
    try {
      const sent = await this.#library.sendMessage(chat, media ?? text, options);
      return sent ? ownFrom(modelOf(sent)) : undefined;
    } catch (error) {
      throw classifySend(error);
    }
  }

  /** @param {string} id */
  ackOf(id) {
    return this.#asking(async () => (await this.#library.getMessageById(id))?.ack ?? null);
  }

  /** @param {string} chat @param {number} since */
  ownMessages(chat, since) {
    return this.#asking(async () => (await this.#browser.page.evaluate(ownInPage, chat, Math.floor(since / 1000))).map(ownFrom));
  }

  /** @param {number} since @param {number} budget @param {string[]} only */
  receivedSince(since, budget, only) {
    return this.#asking(async () => {
      const { models, unread } = await this.#browser.page.evaluate(receivedInPage, Math.floor(since / 1000), budget, only);
      return { received: models.filter(isReply).map(receivedFrom), unread: unread.map(({ chat, phone }) => ({ chat, number: numberOf(phone) })) };
    });
  }

  /** @param {string} id @param {number} most */
  content(id, most) {
    return this.#asking(async () => {
      const found = await this.#browser.page.evaluate(contentInPage, id, most, this.#contentMs);
      return typeof found === 'string' ? found : Buffer.from(found.data, 'base64');
    });
  }

  /** @param {string} lid */
  numberOfLid(lid) {
    return this.#asking(async () => numberOf((await this.#library.getContactLidAndPhone([lid]))[0]?.pn));
  }

  groups() {
    return this.#asking(() => this.#browser.page.evaluate(groupsInPage));
  }

  /** @param {string} id */
  group(id) {
    return this.#asking(async () => {
      const chat = /** @type {any} */ (await this.#library.getChatById(id));
      const ids = /** @type {{id: unknown}[]} */ (chat.participants).map((one) => widOf(one.id) ?? '');
      const names = await this.#browser.page.evaluate(namesInPage, ids);
      return { name: String(chat.name ?? chat.formattedTitle ?? ''), members: ids.map((person, n) => ({ id: person, name: names[n] ?? null })) };
    });
  }

  logout() {
    return this.#asking(() => this.#library.logout());
  }
}

/** In base64. What cannot be read has certainly not been sent. @param {string} path */
async function contentOf(path) {
  try {
    return await readFile(path, 'base64');
  } catch (error) {
    throw new NotSent('media_refused', error);
  }
}
