/** @import { PageLine } from './page_line.js' */
/** @import { Question } from './protocol.js' */

/**
 * What the server answers to a page; it throws what the page is to be refused with.
 *
 * @param {PageLine} page
 * @param {Question} question
 * @returns {unknown}
 */
export function answerTo(page, question) {
  const { world, account, device } = page;
  if (question.what === 'code') return world.linking.newCode(page, question.number);
  if (question.what === 'refresh_qr') return account ? null : page.refreshQr();
  if (!account) throw new Error('not linked');
  switch (question.what) {
    case 'exists':
      return world.exists(account, question.id);
    case 'group':
      if (world.behaviour(account.number).group_fails.includes(question.id)) throw new Error('ServerStatusCodeError: 500');
      return account.groupInfo(question.id);
    case 'earlier': {
      const { earlier_at_once, earlier_fails } = world.behaviour(account.number);
      if (earlier_fails.includes(world.addressee(question.chat))) throw new Error('ServerStatusCodeError: 500');
      const messages = account.chats.get(question.chat)?.messages ?? [];
      const index = messages.findIndex((wire) => wire.key === question.before);
      const end = index < 0 ? messages.length : index;
      return messages.slice(Math.max(0, end - earlier_at_once), end);
    }
    case 'messages':
      return question.keys.flatMap((key) => account.byKey.get(key)?.wire ?? []);
    case 'logout':
      if (device) account.devices.delete(device.id);
      page.account = null;
      page.device = null;
      return null;
  }
}
