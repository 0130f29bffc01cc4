/** @import { FromPage, FromServer, Question } from '../protocol.js' */

/** How soon the page tries again after its socket dropped. */
const RETRY_MS = 100;

/** The page's end of the socket; it is opened anew whenever it drops. */
export class Line {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<number, {question: Question, resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #asked = new Map();
  #questions = 0;
  #leaving = false;

  /**
   * @param {{opened: () => void, dropped: () => void, heard: (news: FromServer) => void}} ears
   */
  constructor(ears) {
    this.ears = ears;
    addEventListener('pagehide', () => {
      this.#leaving = true;
    });
  }

  open() {
    const socket = new WebSocket(`wss://${location.host}/ws`);
    this.#socket = socket;
    socket.onopen = () => {
      this.ears.opened();
      for (const [n, { question }] of this.#asked) this.tell({ type: 'ask', n, question });
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = () => this.#dropped();
  }

  #dropped() {
    if (this.#leaving) return;
    this.ears.dropped();
    setTimeout(() => this.open(), RETRY_MS);
  }

  /** @param {FromServer} news */
  #hear(news) {
    if (news.type !== 'answer') return this.ears.heard(news);
    const waiting = this.#asked.get(news.n);
    this.#asked.delete(news.n);
    if (news.error === undefined) return waiting?.resolve(news.value);
    const error = new Error(news.error);
    // The library tells refusals of WhatsApp's server from other errors by this name.
    if (news.error.startsWith('ServerStatusCodeError')) error.name = 'ServerStatusCodeError';
    return waiting?.reject(error);
  }

  /**
   * @param {FromPage} said
   * @returns {boolean} whether it went out
   */
  tell(said) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(said));
    return true;
  }

  /**
   * Asks the server; while the line is down, the question waits, as WhatsApp's do.
   *
   * @param {Question} question
   * @returns {Promise<any>}
   */
  ask(question) {
    const n = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#asked.set(n, { question, resolve, reject });
      this.tell({ type: 'ask', n, question });
    });
  }
}
