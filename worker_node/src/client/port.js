/**
 * What a session asks of WhatsApp Web: of the library in real Chromium (`whatsapp_web.js`) or of the fake (`../fake`).
 * Calls reject; nobody here waits with a deadline of their own: that is the session's business.
 *
 * @typedef {'text' | 'image' | 'video' | 'document' | 'audio' | 'voice'} Kind
 *
 * @typedef {object} Outgoing
 * @property {string} chat the chat's id, as `findChat` gave it
 * @property {string} text with a file: its caption
 * @property {Kind} kind
 * @property {{path: string, filename: string, mime: string} | null} file
 *
 * @typedef {object} OwnMessage a message that this account has sent, from here or from the phone
 * @property {string} id WhatsApp's own id
 * @property {string} chat
 * @property {Kind | 'other'} kind
 * @property {string} text body or caption
 * @property {string | null} filename of a document
 * @property {number} ack -1 refused, 0 pending, 1 server, 2 device, 3 read, 4 played
 * @property {number} at milliseconds; WhatsApp counts seconds
 *
 * @typedef {'image' | 'video' | 'document' | 'audio' | 'voice' | 'sticker' | 'location' | 'contact' | 'other' | null} ReplyMedia
 *
 * @typedef {object} Attachment a file that came with a message, as the message tells of it
 * @property {string} mime
 * @property {string | null} filename of a document
 * @property {number | null} size bytes
 *
 * @typedef {object} Received a message that a person wrote in a chat of two
 * @property {string} id
 * @property {string} from an id such as 905321234567@c.us or 1234@lid
 * @property {string | null} name
 * @property {string} text
 * @property {ReplyMedia} media
 * @property {Attachment | null} [attachment] not there in what was held before there were any
 * @property {number} at milliseconds
 *
 * @typedef {'no_message' | 'gone' | 'too_large'} NoContent the page does not know the message; WhatsApp has no file of it; it is too large,
 *   or nobody says how large it is
 *
 * @typedef {object} Unread a chat of two that could not be read whole; in the order in which the rest should be tried again
 * @property {string} chat
 * @property {string | null} number E.164, as far as the page knows it
 *
 * @typedef {object} Probe what the page says of itself
 * @property {string | null} state the socket's, as WhatsApp names it (CONNECTED, OPENING, UNPAIRED_IDLE, ...)
 * @property {boolean} synced
 * @property {boolean} injected the library's own functions are in the page
 *
 * @typedef {object} Account
 * @property {string | null} number E.164
 * @property {string | null} name
 *
 * @typedef {object} Group
 * @property {string} id
 * @property {string} name
 *
 * @typedef {object} ClientEvents
 * @property {(qr: string) => void} qr
 * @property {(code: string) => void} code a pairing code; WhatsApp makes a new one every three minutes
 * @property {() => void} synced
 * @property {() => void} ready
 * @property {(state: string) => void} state
 * @property {(reason: string) => void} disconnected the link is gone or refused: LOGOUT, UNPAIRED, CONFLICT, TOS_BLOCK, ...
 * @property {(reason: 'browser_gone' | 'page_crashed') => void} gone
 * @property {(message: OwnMessage) => void} own
 * @property {(id: string, ack: number) => void} ack
 * @property {(message: Received) => void} received
 * @property {(unread: Unread) => void} unreadable a message came into this chat that cannot be read yet
 *
 * @typedef {object} Client
 * @property {() => Promise<void>} start launches, and ends when the page shows a QR or is on its way to ready
 * @property {() => Promise<void>} close always ends, and then no process of it is left; may be called at any time
 * @property {() => Promise<Probe>} probe
 * @property {() => Promise<void>} tellReady makes the library notice that everything is synced
 * @property {() => Promise<void>} refreshQr
 * @property {(digits: string) => Promise<string>} pairingCode
 * @property {() => Promise<Account>} account
 * @property {(digits: string) => Promise<string | null>} numberId the id that WhatsApp knows the number by; null: nobody
 * @property {(id: string) => Promise<string | null>} findChat
 * @property {(message: Outgoing) => Promise<OwnMessage | undefined>} send undefined: the page did not say what became of it
 * @property {(id: string) => Promise<number | null>} ackOf null: the page does not know the message
 * @property {(chat: string, since: number) => Promise<OwnMessage[]>} ownMessages of a chat, since then (milliseconds)
 * @property {(since: number, budget: number, only: string[]) => Promise<{received: Received[], unread: Unread[]}>} receivedSince what can be read within
 *   `budget` milliseconds of chats of two since then, oldest first; of `only` these chats, read in this order, or of all where none is named
 * @property {(lid: string) => Promise<string | null>} numberOfLid E.164; null: WhatsApp has answered, and does not tell it
 * @property {(id: string, most: number) => Promise<Buffer | NoContent>} content what came with a message, of `most` bytes at most
 * @property {() => Promise<Group[]>} groups asks no server
 * @property {(id: string) => Promise<{name: string, members: {id: string, name: string | null}[]}>} group asks the server
 * @property {() => Promise<void>} logout unlinks at WhatsApp
 * @property {() => number | null} pid of the browser
 *
 * @typedef {(where: {id: string, profileDir: string, on: ClientEvents}) => Client} MakeClient
 */

/** The page refused before anything could have gone out. `reason` is one of the README's codes. */
export class NotSent extends Error {
  /**
   * @param {'media_refused' | 'no_chat'} reason
   * @param {unknown} [cause]
   */
  constructor(reason, cause) {
    super(`Not sent: ${reason}.`, { cause });
    this.name = 'NotSent';
    this.reason = reason;
  }
}

/** What was asked of a browser or page that is no more. */
export class PageGone extends Error {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super('The page is gone.', { cause });
    this.name = 'PageGone';
  }
}

/** WhatsApp answered, and refused. */
export class WhatsAppRefused extends Error {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super('WhatsApp refused.', { cause });
    this.name = 'WhatsAppRefused';
  }
}

/** @param {string | null | undefined} id such as 905321234567@c.us; ids of devices carry `:3` */
export function numberOf(id) {
  const found = /^([1-9][0-9]{6,14})(?::\d+)?@(?:c\.us|s\.whatsapp\.net)$/.exec(id ?? '');
  return found ? `+${found[1]}` : null;
}

/** @param {string} id */
export function isLid(id) {
  return id.endsWith('@lid');
}

/** The part of a message's id that stays when WhatsApp moves a chat from number to hidden id. @param {string} id */
export function bareId(id) {
  return id.split('_')[2] ?? id;
}
