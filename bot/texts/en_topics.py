"""English: a Telegram group in which each conversation has its own topic."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "command.topics": "conversations in a group, each in its own topic",
    "settings.topics": "🗂 Conversations in a group",
    "place.topics": "Conversations in a group",
    "topics.how": "🗂 <b>Conversations in a Telegram group</b>\n\nEvery person who writes can have a topic of their own in a group of yours. "
    "Whoever of your team writes in it answers that person. What people write is then not told in private chats any more.\n\n"
    "<b>Set it up in Telegram</b>\n1. Make a group with your team, or take one you have.\n"
    "2. Open the group, tap its name, tap ✏️ <b>Edit</b>, switch on <b>Topics</b> and save.\n"
    "3. On the same page: <b>Administrators</b> → <b>Add administrator</b> → search <code>@{bot}</code> → switch on <b>Manage topics</b> → ✓.\n"
    "4. Nobody who is to answer may <b>Remain anonymous</b> there: <b>Administrators</b> → their name → switch that off.\n"
    "5. Write <code>/topics@{bot}</code> in the group and tap <b>{on}</b>.",
    "viewer.topics.how": "🗂 <b>Conversations in a Telegram group</b>\n\nEvery person who writes can have a topic of their own in a group of yours. "
    "Managers and owners answer by writing in it, and can set it up: the group needs topics, and this bot <code>@{bot}</code> as an administrator.",
    "topics.here": "🗂 <b>Conversations in this group</b>\n\nEvery person who writes gets a topic of their own here. Whoever of your team writes in it "
    "answers that person; everybody in this group reads along. In private chats you and your team are then <b>not told</b> any more what people write.",
    "viewer.topics.here": "🗂 <b>Conversations in this group</b>\n\nEvery person who writes can get a topic of their own here. A manager or an owner can "
    "switch that on with <code>/topics@{bot}</code>.",
    "topics.here.moves": "At present they are told in another group; from then on they are told here.",
    "topics.on.here": "🗂 <b>Conversations are told in this group</b>, each in its own topic. Write in a topic to answer that person.\n\n"
    "Managers and owners of <b>{workspace}</b> can answer. In private chats nobody is told.",
    "topics.on": "🗂 <b>Conversations are told in your group</b>, each in its own topic. Write in a topic there to answer that person.\n\n"
    "In private chats nobody is told what people write.",
    "viewer.topics.on": "🗂 <b>Conversations are told in your group</b>, each in its own topic. Managers and owners answer by writing there.\n\n"
    "In private chats nobody is told what people write.",
    "topics.switch.on": "🗂 Each conversation in its own topic here",
    "topics.switch.off": "💬 Tell in private chats again",
    "topics.begun": "Done. Whoever writes from now on gets a topic of their own here.",
    "topics.ended": "Done. You and your team are told in your private chats again.",
    "notice.topics.on": "🗂 {who} chose to have conversations told in the group <b>{title}</b>, each in its own topic. You are not told here any more what "
    "people write.",
    "notice.topics.off": "💬 {who} chose to have conversations told in private chats again. From now on you read here what people write.",
    "notice.topics.lost": "⚠️ Conversations are told in private chats again: {why}\n\nNothing is lost: what the group was not told comes here. To go back "
    "to topics, put that right and write <code>/topics@{bot}</code> in the group.",
    "topics.lost.out": "this bot is not in the group any more.",
    "topics.lost.none": "topics were switched off in the group.",
    "topics.lost.rights": "this bot may not manage topics in the group any more.",
    "topics.digest": "{text}\n\n<i>Too many at once for a topic each: they are all in the inbox, and whoever writes again gets a topic.</i>",
    "topics.stranger": "⚠️ {name}, what you write here is not sent to {person}: you are not in the workspace this group belongs to. Its owner can invite "
    "you: /team.",
    "topics.viewer": "⚠️ {name}, what you write here is not sent to {person}: as a viewer you can only read. An owner can make you a manager: /team.",
    "topics.anonymous": "⚠️ This is not sent to {person}: you write as an anonymous administrator, so nobody can tell who you are. Tap the group's name, "
    "then ✏️ <b>Edit</b> → <b>Administrators</b> → your name, switch off <b>Remain anonymous</b> and write it again.",
    "group.anonymous": "⚠️ Nothing was done: you write as an anonymous administrator, so nobody can tell who you are. Tap the group's name, then ✏️ <b>Edit</b> → "
    "<b>Administrators</b> → your name, switch off <b>Remain anonymous</b> and write it again.",
    "group.outsider": "You are in no workspace here, so nothing was done. Its owner can invite you: /team.",
    "topics.off.said": "⚠️ This was not sent to {person}: conversations are told in private chats now. Answer under the message there, or switch topics "
    "on again with <code>/topics@{bot}</code>.",
    "activity.topics.on": "had conversations told in the group {about}, a topic each",
    "activity.topics.off": "had conversations told in private chats again",
    "activity.topics.lost": "had to tell conversations in private chats again ({about})",
    "refused.topics.not_group": "Conversations can have topics in a Telegram group only. Make a group, add <code>@{bot}</code> to it, and write "
    "<code>/topics@{bot}</code> in the group.",
    "refused.topics.none": "This group has no topics yet. Tap the group's name, then ✏️ <b>Edit</b>, switch on <b>Topics</b> and save. Then tap here again.",
    "refused.topics.rights": "This bot may not manage topics here yet. Tap the group's name, then ✏️ <b>Edit</b> → <b>Administrators</b> → <b>Add "
    "administrator</b> → search <code>@{bot}</code>, switch on <b>Manage topics</b> and tap ✓. Then tap here again.",
    "refused.topics.telegram_down": "Telegram did not answer just now, so this group could not be looked at. Nothing was changed; tap again in a minute.",
    "refused.topics.taken": "Another workspace has its conversations in this group already. Make another group for this one.",
}
