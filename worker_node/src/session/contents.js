import { Refusal } from '../errors.js';
import { PageGone } from '../client/port.js';
import { DeadlineError, within } from '../system/clock.js';
import { Mutex } from '../system/mutex.js';

/** So many may be asked for at once; each waits for those before it. */
const MOST_WAITING = 8;

/** A page that is still at it when nobody waits any more keeps the next from it for so many waits at most: two files at once it may not bear. */
const LONGEST_HOLD = 4;

/** Why there is none, in sentences for the log of whoever asked. @type {Record<import('../client/port.js').NoContent, string>} */
const WHY = {
  no_message: 'WhatsApp Web does not know that message.',
  gone: 'WhatsApp has no file of that message any more.',
  too_large: 'The file is larger than may be fetched, or WhatsApp does not say how large it is.',
};

/** Files that people sent, fetched from the page when somebody asks for them: one at a time, each held in memory for that long only. */
export class Contents {
  #clock;
  #wait;
  #most;
  #line = new Mutex();
  #waiting = 0;

  /** @param {{clock: import('../system/clock.js').Clock, settings: import('../settings.js').Settings}} parts */
  constructor({ clock, settings }) {
    this.#clock = clock;
    this.#wait = settings.waits.content;
    this.#most = settings.limits.contentBytes;
  }

  /**
   * @param {string} event the id of the message
   * @param {() => import('../client/port.js').Client} client asked for when its turn comes
   * @param {() => boolean} isGivenUp whether nobody waits for it any more
   * @returns {Promise<Buffer>}
   */
  async of(event, client, isGivenUp) {
    client();
    if (this.#waiting >= MOST_WAITING) throw new Refusal('busy', 'Too many files are being fetched.');
    this.#waiting += 1;
    try {
      return await new Promise((resolve, reject) => {
        const work = async () => {
          if (isGivenUp()) throw new Refusal('timeout', 'Nobody waits for it.');
          const fetching = client().content(event, this.#most);
          resolve(this.#answer(fetching));
          await within(this.#clock, LONGEST_HOLD * this.#wait, 'the end of a file', fetching).catch(() => {});
        };
        this.#line.run(work).catch(reject);
      });
    } finally {
      this.#waiting -= 1;
    }
  }

  /** @param {Promise<Buffer | import('../client/port.js').NoContent>} fetching @returns {Promise<Buffer>} */
  async #answer(fetching) {
    const found = await within(this.#clock, this.#wait, 'a file of a person', fetching).catch((error) => {
      if (error instanceof DeadlineError) throw new Refusal('timeout', 'WhatsApp did not bring the file in time.');
      if (error instanceof PageGone) throw new Refusal('not_ready', 'The page went away.', 'starting');
      throw new Refusal('page_failed', 'The page could not fetch the file.');
    });
    if (typeof found === 'string') throw new Refusal(found, WHY[found]);
    return found;
  }
}
