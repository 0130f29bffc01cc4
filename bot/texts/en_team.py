"""English: the door, the terms, the team, settings, and choosing between workspaces."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # The door
    "private.open": "You are in no workspace now. Send /start to open one of your own.",
    "terms.invited": "✉️ <b>{name}</b> invites you to <b>{workspace}</b> as {role}: you can {can}.",
    "terms.read.current": "<i>Version {version}. You accepted it on {day}.</i>",
    "terms.read.new": "<i>Version {version}, new since you accepted. Accept it before you send again.</i>",
    "terms.read.accept": "☑ Read and accept",
    "terms.again": "<b>The terms have changed</b>\n\nPlease read and accept them; then go on where you were.",
    "terms.accepted": "Thank you. Go on where you were.",
    "invite.closed": "This invitation was good when you opened it, but is no more: it was used, ended or was revoked. "
    "Ask the owner for a new link.",
    "desk.name": "{name}'s desk",
    "desk.name.mine": "My desk",
    "desk.somebody": "Somebody",
    # Roles
    "role.owner": "owner",
    "role.manager": "manager",
    "role.viewer": "viewer",
    "role.owner.can": "do everything, money and the team too",
    "role.manager.can": "do everything but money and the team",
    "role.viewer.can": "look at everything, but not change it or take it out",
    # The team
    "team": "<b>👥 Team of {workspace}</b>\n\n{members}",
    "team.line": "• {name} · {role}{you}",
    "team.you": " (you)",
    "team.invites": "\n\n<b>Open invitations</b>\n{invites}",
    "team.invites.line": "• {role}, until {until}",
    "team.member": "{name} · {role}",
    "team.new.manager": "➕ Invite a manager",
    "team.new.viewer": "➕ Invite a viewer",
    "team.new.owner": "➕ Invite an owner",
    "team.open": "✉️ {role}, until {until}",
    "team.one": "<b>{name}</b>{you}\n\nRole: {role} ({can})\nTelegram id: <code>{id}</code>\n{terms}",
    "team.one.terms": "Terms: version {version}, accepted {at}",
    "team.one.no_terms": "Terms: not accepted yet",
    "team.make.owner": "🔑 Make owner",
    "team.make.manager": "🛠 Make manager",
    "team.make.viewer": "👁 Make viewer",
    "team.remove": "🗑 Remove",
    "team.remove.ask": "Remove <b>{name}</b> from {workspace}?\n\nThey see and do nothing here any more, from this moment on. "
    "What they did stays, and so do their campaigns.",
    "team.remove.keep": "Keep them",
    "team.remove.do": "Remove them",
    "team.removed": "{name} is removed.",
    "team.changed": "{name} is {role} now.",
    # An invitation
    "team.invite": "<b>✉️ Invitation: {role}</b>\n\nSend this link to one person. Whoever opens it first can join {workspace} and "
    "{can}.\n\n{link}\n\nIt works once, until {until}.",
    "team.invite.used": "<b>✉️ Invitation: {role}</b>\n\nThis link has been used.",
    "team.invite.revoked": "<b>✉️ Invitation: {role}</b>\n\nThis link is revoked.",
    "team.invite.expired": "<b>✉️ Invitation: {role}</b>\n\nThis link has ended. Make a new one under Team.",
    "team.invite.revoke": "✖ Revoke",
    "team.invite.is_revoked": "The link is revoked: nobody can join by it any more.",
    # What others are told
    "notice.team.joined": "👥 <b>{name}</b> joined {workspace} as {role}.",
    "notice.team.role": "👥 Your role in {workspace} is {role} now: you can {can}.",
    "notice.team.removed": "👥 You are not in {workspace} any more: {by} has removed you.",
    "notice.team.left": "👥 You have left {workspace}.",
    "notice.team.gone": "👥 <b>{name}</b> has left {workspace}.",
    "notice.live.gone": "You are not in this workspace any more.",
    "notice.from": "<b>{workspace}</b>\n{text}",
    # Settings
    "settings": "<b>⚙️ Settings</b>\n\nName: {name}\nCountry: {country}\nTime zone: {zone} ({clock} now)\n"
    "You: {role}, you can {can}",
    "settings.button": "⚙️ Settings",
    "settings.name": "✏️ Name",
    "settings.country": "🌍 Country",
    "settings.zone": "🕘 Time zone",
    "settings.team": "👥 Team",
    "settings.words": "🛑 Words that stop",
    "settings.log": "📜 Activity log",
    "settings.spaces": "🔀 Switch workspace",
    "settings.leave": "🚪 Leave",
    "settings.same": "It is so already.",
    "settings.saved": "✅ Saved.",
    "settings.leave.ask": "Leave <b>{workspace}</b>?\n\nYou see and do nothing here any more. Only an owner can invite you back.",
    "settings.leave.keep": "Stay",
    "settings.leave.do": "Leave",
    "settings.left": "You have left {workspace}.",
    "ask.settings.name": "✏️ <b>Name</b>\n\nIt is called {name}. Type a new name, for example <code>Bakery at the Pier</code>.",
    "ask.settings.country": "🌍 <b>Country</b>\n\nNumbers without a country code are taken as {country}. Type a country: its name, its two "
    "letters or its code, for example <code>Turkey</code>, <code>TR</code> or <code>+90</code>.",
    "ask.settings.zone": "🕘 <b>Time zone</b>\n\nTimes are shown and kept as in {zone}. Type a city, for example <code>Istanbul</code>, or a zone, "
    "for example <code>Europe/Istanbul</code>.",
    # Several workspaces
    "spaces": "<b>🔀 Your workspaces</b>\n\nTap the one you want to work in.",
    "spaces.one": "{mark}{name} · {role}",
    "spaces.chosen": "You are in {workspace} now.",
    "spaces.moved": "You are in {workspace} now. {toast}",
    # Home of somebody who can only look
    "home.next.viewer": "You are a viewer here: ask your manager to do the next step. You will see everything as it comes.",
    # Reminders
    "review.reminder": "\n<i>Only to people who agreed: you answer for what you send.</i>",
    "speed.faster": "Faster is riskier: people who did not expect it report you, and WhatsApp can block the number.",
    # Refusals
    "refused.team.last_owner": "You cannot do that to the last owner: somebody must stay who can pay and invite. Make "
    "somebody else an owner first, in /team.",
    "refused.terms.changed": "The terms have changed. Please accept them first; then go on where you were.",
    "refused.invite.forged": "This invitation is not one of ours, or not whole. Ask for it again, and tap the link rather than typing it.",
    "refused.invite.used": "This invitation has been used already: each works once. Ask the owner for a new one.",
    "refused.invite.expired": "This invitation has ended: each works for 24 hours. Ask the owner for a new one.",
    "refused.invite.revoked": "This invitation was revoked. Ask the owner for a new one.",
    "refused.invite.member": "You are in that workspace already. The invitation was not used up; somebody else can have it.",
    "refused.invite.too_many": "There are {limit} open invitations already. Revoke one that is not needed, then make a new one.",
    "question.elsewhere": "I had asked you for something in another workspace. You are in {workspace} now, so I changed nothing; "
    "if you want it here, tap its button again.",
    "refused.workspace.left": "That workspace is not yours any more.",
    "refused.workspace.name": "A name has 1 to {limit} letters, for example <code>Bakery at the Pier</code>.",
    "refused.workspace.zone": "I don't know the time zone “{text}”. Type a city, for example <code>Istanbul</code>, or a zone, for example "
    "<code>Europe/Istanbul</code>.",
    # The activity log
    "place.spaces": "Your workspaces",
    "activity.desk.claimed": "became an admin of this desk",
    "activity.workspace.opened": "opened {about}",
    "activity.terms.accepted": "accepted the terms",
    "activity.team.invited": "made an invitation ({about})",
    "activity.team.revoked": "revoked an invitation ({about})",
    "activity.team.joined": "joined the team",
    "activity.team.role": "changed the role of {about}",
    "activity.team.removed": "removed {about} from the team",
    "activity.team.left": "left the team",
    "activity.settings.name": "renamed the workspace",
    "activity.settings.country": "changed the country",
    "activity.settings.zone": "changed the time zone",
}
