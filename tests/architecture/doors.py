"""Who may do what, spelled out by hand: every door of the chat, under the least that it asks for.

Written down here a second time on purpose. A rule that was set too low by mistake differs from this page, and
a door that does not stand here fails the tests until somebody has thought about who may use it.
"""

from typing import Final

from bot.screens.base import Door
from domain.operators.model import Right

DOORS: Final[dict[Right, dict[Door, str]]] = {
    # Nobody in particular: the way in, and help with a payment, which Telegram asks for everybody.
    Right.ANYBODY: {
        Door.SCREEN: "private terms paysupport",
        Door.ACTION: "terms.tick terms.continue",
        Door.LINK: "claim inv buy",
        Door.TEXT: "paysupport",
        Door.COMMAND: "paysupport",
    },
    # Viewers: look, search, turn pages. Nothing changes, and nothing leaves as a file.
    Right.READ: {
        Door.SCREEN: "rules rule rule.hits rule.try home help terms.read campaigns campaign unknown "
        "contacts contacts.ask contacts.search contacts.stopped contact contact.proof lists list tags tag "
        "link settings settings.leave spaces terms.again dev.simulate cloud cloud.templates cloud.template "
        "cloud.people cloud.sample words words.list hours hours.numbers inbox inbox.found talk topics",
        Door.ACTION: "rules rl.open rl.hits rl.try home help campaigns cp.open cp.unknown cp.unknowns "
        "contacts ct.open ct.proof ct.back ct.search ct.found ct.stopped ls ls.open "
        "tg tg.open link settings spaces "
        "cloud cloud.templates cloud.template cloud.people cloud.sample words words.list hours hr.picture "
        "inbox inbox.find inbox.found talk talk.back tp "
        # About oneself: which workspace to work in, leaving it, the terms.
        "sp.choose st.leave st.leavex ta.read ta.tick ta.ok ta.back",
        Door.TEXT: "rules.try contacts.search inbox.find",
        Door.COMMAND: "rules start help cancel terms campaigns contacts link settings simulate hours inbox "
        "topics",
    },
    # Managers: everything but money and team. Whatever changes, sends, or takes data out as a file.
    Right.WORK: {
        Door.SCREEN: "rule.delete rule.kind rule.does rule.edit rule.text rule.rest rule.dates audience "
        "message media preview speed when review draft.name draft.number draft.account draft.move "
        "draft.test draft.discard campaign.cancel unknown.ask contact.consent contact.tags contact.stop "
        "contact.forget list.consent list.delete import import.column import.cancel link.remove link.web "
        "linking points.short checks groups groups.accounts draft.sheet cloud.webhook values value "
        "value.fallback hours.weeks hours.day hours.holidays hours.save talk.out",
        Door.ACTION: "rl.new rl.when rl.kind rl.words rl.on rl.off rl.up rl.down rl.delete rl.deletex "
        "rl.edit rl.text rl.file rl.tag rl.hand rl.stop rl.end rl.hours rl.noanswer rl.notag rl.rest "
        "rl.restx rl.dates rl.always cp.goon cp.pause cp.resume cp.startnow cp.unsched cp.cancel "
        "cp.cancelx cp.report cp.retry cp.repeat cp.unkask cp.unkcount cp.unkagain dr.new dr.page dr.list "
        "dr.tag dr.file dr.name dr.audience dr.message dr.media dr.preview dr.speed dr.when dr.review "
        "dr.nomedia dr.sample dr.footer dr.testno dr.test dr.pace dr.pacex dr.now dr.at dr.start "
        "dr.schedule dr.number dr.from dr.account dr.use dr.move dr.discard dr.discardx dr.people "
        "dr.attach dr.hours "
        "dr.clock ct.add ct.export ct.consent ct.agree ct.other ct.none ct.stop ct.stop.do ct.tags "
        "ct.untag ct.name ct.prooffile ct.forget ct.forgetx ls.consent ls.agree ls.other ls.none ls.tag "
        "ls.delete ls.delete.do im.open im.stop im.cancel im.errors im.sheet im.sheets im.ok im.header "
        "im.columns im.number im.name im.nameless im.country im.agree im.other im.none im.use link.simulated "
        "link.again link.default link.remove link.remove.do link.web link.qr link.code link.retry "
        "link.showing link.stop cloud.add cloud.token cloud.refresh cloud.waba cloud.secret cloud.webhook "
        "cloud.retemplate dr.tpls dr.tplget dr.tpl dr.values dr.valued dr.value dr.column dr.fallback "
        "hr.weeks hr.week hr.off hr.day hr.shut hr.copy hr.holidays hr.unholiday hr.zone hr.save "
        "talk.answer talk.add talk.out talk.outx talk.mute talk.unmute talk.done tp.on tp.off nc.start "
        "nc.open nc.stop words.add words.take words.reset gi.start gi.open gi.toggle gi.refresh gi.count "
        "gi.go gi.cancel ps.send st.name st.country st.zone",
        Door.TEXT: "rules.contains rules.equals rules.regex rules.text rules.file rules.tag rules.rest "
        "rules.dates campaign.file campaign.name campaign.text campaign.media campaign.test_number "
        "campaign.speed campaign.when contact.add contact.words contact.name contact.tag list.words list.tag "
        "import.country import.words link.number settings.name settings.country settings.zone cloud.id "
        "cloud.token cloud.waba cloud.secret campaign.value campaign.fallback words.add words.take "
        "hours.day hours.holiday hours.zone talk.answer",
        Door.FILE: "rules.text rules.file campaign.text campaign.media talk.answer",
        Door.COMMAND: "new",
        Door.SENT: "file card",
    },
    # Owners: money, team, and the log of who did what.
    Right.OWN: {
        Door.SCREEN: "balance buy team team.member team.invite team.remove log log.people log.topics "
        "dev.reset",
        Door.ACTION: "balance bl.buy bl.pack bl.days bl.export team tm.new tm.invite tm.revoke tm.member "
        "tm.role tm.remove tm.removex log log.people log.topics log.export",
        Door.TEXT: "dev.reset",
        Door.COMMAND: "balance team dev_reset",
    },
    # The desk's admins, above workspaces. For everybody else these do not exist.
    Right.ADMIN: {
        Door.SCREEN: "admin admin.ws admin.ask admin.members admin.log admin.suspend admin.pays admin.pay "
        "admin.refund status",
        Door.ACTION: "status admin admin.ws admin.members admin.log admin.points admin.days admin.suspend "
        "admin.suspend.do admin.lift admin.pays admin.pay admin.refund admin.refund.do",
        Door.TEXT: "admin.points admin.days admin.why",
        Door.COMMAND: "admin status",
    },
}

LISTED: Final = {
    (door, name): right
    for right, doors in DOORS.items()
    for door, names in doors.items()
    for name in names.split()
}

#: Of these buttons the number names no row but a choice (a filter, a person of the log): another number shows
#: another thing of one's own.
A_CHOICE: Final = frozenset({"campaigns", "log", "log.people", "log.topics"})

#: Open to everybody who is in, and changes only what is theirs: where they work, what they agreed to, what
#: they are sent to look at.
OF_ONESELF: Final = frozenset({"sp.choose", "st.leavex", "ta.ok", "hr.picture"})
