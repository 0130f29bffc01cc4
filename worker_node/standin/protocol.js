/**
 * What the page and the server of the stand-in say to each other, as types only. Chats and people are named by serialized
 * WhatsApp ids (`49170…@c.us`, `…@lid`, `…@g.us`); the control API alone speaks E.164.
 *
 * @typedef {object} Me
 * @property {string} number E.164
 * @property {string} pn serialized phone id
 * @property {string | null} lid serialized LID, null for accounts that do not use LIDs
 * @property {string} name
 *
 * @typedef {object} WireMessage
 * @property {string} key the serialized message key: what tells messages apart on both sides
 * @property {string} id its random part
 * @property {string} chat
 * @property {boolean} fromMe
 * @property {string | null} author who wrote it, in groups
 * @property {string} type WhatsApp's own word: chat, image, video, audio, ptt, document, ...
 * @property {string} body
 * @property {string} [caption]
 * @property {string} [mimetype]
 * @property {string} [filename]
 * @property {number} [size]
 * @property {string} [media] SHA-256 of the bytes, in hex
 * @property {string} [notifyName]
 * @property {string} [quoted] random part of the quoted message's key
 * @property {boolean} [isGif]
 * @property {number} t unix seconds
 * @property {number} ack
 *
 * @typedef {object} WireParticipant
 * @property {string} id
 * @property {string | null} pn phone id behind a LID, when WhatsApp tells it
 * @property {string} [name]
 * @property {boolean} [admin]
 *
 * @typedef {object} WireGroup
 * @property {string} id
 * @property {string} subject
 * @property {boolean} lids whether the group addresses people by LID
 * @property {WireParticipant[]} participants
 *
 * @typedef {object} WireChat
 * @property {string} id
 * @property {string | null} pn
 * @property {string} [name]
 * @property {number} unread
 * @property {WireMessage[]} messages the newest ones, oldest first
 *
 * @typedef {object} PageSwitches the part of the behaviour that happens inside the page
 * @property {number} sync_delay_ms
 * @property {boolean} miss_synced
 * @property {boolean} send_resolves_undefined
 * @property {boolean} send_never_resolves
 * @property {boolean | string} renamed_key
 * @property {string[]} media_prep_fails
 * @property {boolean} freeze_at_send
 * @property {boolean} outbox_survives
 *
 * @typedef {object} LinkKeys what the QR text carries besides its ref
 * @property {string} noise
 * @property {string} identity
 * @property {string} adv
 * @property {string} platform
 *
 * @typedef {object} Browser
 * @property {string} os
 * @property {string} name
 *
 * @typedef {{type: 'hello', device: string | null, keys: LinkKeys, browser: Browser}
 *   | {type: 'called', browser: Browser}
 *   | {type: 'send', message: WireMessage}
 *   | {type: 'got', key: string}
 *   | {type: 'activity', what: string, chat: string | null}
 *   | {type: 'unknown', module: string}
 *   | {type: 'noted', note: number}
 *   | {type: 'ask', n: number, question: Question}} FromPage
 *
 * @typedef {{what: 'exists', id: string}
 *   | {what: 'group', id: string}
 *   | {what: 'earlier', chat: string, before: string | null}
 *   | {what: 'messages', keys: string[]}
 *   | {what: 'code', number: string}
 *   | {what: 'refresh_qr'}
 *   | {what: 'logout'}} Question
 *
 * @typedef {{type: 'unlinked', ref: string, switches: PageSwitches}
 *   | {type: 'idle'}
 *   | {type: 'ref', ref: string}
 *   | {type: 'linked', device: string, welcome: Welcome}
 *   | {type: 'welcome', welcome: Welcome}
 *   | {type: 'ack', key: string, ack: number}
 *   | {type: 'incoming', message: WireMessage, pn: string | null}
 *   | {type: 'groups', groups: WireGroup[]}
 *   | {type: 'state', state: string}
 *   | {type: 'logged_out', how: 'navigate' | 'state'}
 *   | {type: 'freeze', token: string}
 *   | {type: 'switches', note: number, switches: PageSwitches}
 *   | {type: 'answer', n: number, value?: unknown, error?: string}} FromServer
 *
 * @typedef {object} Welcome
 * @property {Me} me
 * @property {string} state what Socket.state becomes; CONNECTED unless the account is restricted
 * @property {WireChat[]} chats
 * @property {WireGroup[]} groups
 * @property {PageSwitches} switches
 */
export {};
