import { join } from 'node:path';
import { within } from '../system/clock.js';
import { facts } from '../system/log.js';
import { killBrowsersIn, removeProfileLocks } from '../system/processes.js';
import { whose } from '../system/whose.js';
import { classify } from './failures.js';
import { PageGone } from './port.js';

/** @typedef {import('../settings.js').Settings} Settings */

/** The library's own calls, which nobody of the worker waits for, end at last too: a little after the worker's longest wait. */
const BACKSTOP = 15_000;
/** A browser that closes writes down the link to the phone first. */
const GRACE = 3_000;
/** A launch that was under way when the browser was to close needs a moment to notice. */
const SETTLE = 5_000;

/** How puppeteer launches Chromium. @param {Settings} settings */
export function launchOptions({ chromiumPath, chromiumArgs, chromiumEnv, sandbox, waits }) {
  return {
    headless: true,
    ...(chromiumPath ? { executablePath: chromiumPath } : {}),
    // By itself it would inherit the whole environment, the token included.
    env: chromiumEnv,
    timeout: waits.initialize,
    protocolTimeout: Math.max(waits.sendMedia, waits.send) + BACKSTOP,
    // The worker closes its browsers itself, in order: puppeteer would close them at the first signal, sends under way included.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [...(sandbox ? [] : ['--no-sandbox']), '--disable-dev-shm-usage', '--disable-gpu', '--mute-audio', '--no-first-run', ...chromiumArgs],
  };
}

/** The Chromium that the library launches: that it comes up, that its end is noticed, and that nothing of it is left when it is closed. */
export class Browser {
  #parts;
  /** @type {Promise<void>} */
  #starting = Promise.resolve();
  /** @type {Promise<void> | null} */
  #closing = null;
  #hasOpened = false;
  /** The blank page has answered. */
  #answered = () => {};
  /** @type {Promise<void>} */
  #blankPage = new Promise((resolve) => {
    this.#answered = resolve;
  });
  /** The library is closing it. Closed twice at once, puppeteer kills it, and it forgets what it had not written yet. */
  closesItself = false;

  /**
   * @param {object} parts
   * @param {string} parts.id the session's
   * @param {string} parts.profileDir
   * @param {import('whatsapp-web.js').Client} parts.library
   * @param {(how: 'browser_gone' | 'page_crashed') => void} parts.gone
   * @param {Settings} parts.settings
   * @param {import('../system/clock.js').Clock} parts.clock
   * @param {import('../system/log.js').Logger} parts.log
   */
  constructor(parts) {
    this.#parts = parts;
  }

  get page() {
    const page = this.#parts.library.pupPage;
    if (!page || this.#closing) throw new PageGone();
    return page;
  }

  get pid() {
    return this.#parts.library.pupBrowser?.process()?.pid ?? null;
  }

  /** To be called when the browser runs and nothing was asked of it yet. The library says nothing when it is killed or its page crashes. */
  async opened() {
    const { library, gone } = this.#parts;
    this.#hasOpened = true;
    library.pupBrowser?.on('disconnected', () => {
      if (!this.#closing) gone('browser_gone');
    });
    library.pupPage?.on('error', () => {
      if (!this.#closing) gone('page_crashed');
    });
    // A page that crashed before anybody listened says nothing any more, and would be waited for in vain.
    await library.pupPage?.evaluate('0');
    this.#answered();
  }

  async start() {
    const { id, profileDir, library, settings, clock } = this.#parts;
    await killBrowsersIn(profileDir, clock);
    await removeProfileLocks(join(profileDir, 'session'));
    if (this.#closing) throw new PageGone();
    this.#starting = whose.run(id, () => library.initialize());
    const blankPage = within(clock, settings.waits.launch, 'a blank page', this.#blankPage);
    await Promise.race([this.#starting, blankPage.then(() => this.#starting)]).catch((error) => {
      throw classify(error);
    });
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    const { profileDir, library, settings, clock, log } = this.#parts;
    library.removeAllListeners();
    if (!this.closesItself) {
      await within(clock, settings.waits.close, 'closing', library.destroy()).catch((error) => log.warn(facts(error), 'the browser did not close; it is killed'));
    }
    // destroy() does nothing while the browser is being launched or closes already, and leaves it running after a failed start.
    await killBrowsersIn(profileDir, clock, this.#hasOpened ? GRACE : 0);
    await within(clock, SETTLE, 'the launch', this.#starting).catch(() => {});
    await killBrowsersIn(profileDir, clock);
  }
}
