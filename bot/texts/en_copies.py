"""English: copies of the desk, in the chat and at the command line."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # A desk that was put back to a copy
    "notice.restored": "⏮ <b>This desk was put back to a copy of {at}.</b> I know nothing of what happened since, and write to nobody by myself until you have looked.",
    "notice.restored.lost": "Not here any more: messages sent, replies, people added, points and plans bought or spent since then.",
    "notice.restored.paused": "⏸ Paused: {names}.",
    "notice.restored.people": "❔ {people} may have got their message since then. They are counted as <i>unknown</i>: open each campaign and decide, or wait "
    "a few minutes first; what WhatsApp or the phone's journal still tells is taken in by itself. Then tap Resume.",
    "notice.restored.drafts": "📝 Drafts again, which may have been sent since then: {names}. Start them only if you know that they were not.",
    "notice.restored.stops": "🛑 Whoever wrote STOP since then may not be marked here, and whom you had forgotten since is here again. Look at the phones, and see to them on their cards before anything is sent.",
    "notice.restored.campaigns": "📋 Campaigns",
    "pause.restored": "the desk was put back to an earlier copy",
    "card.why.restored": "⏮ Whoever waited when the copy was made may have got it since. Decide about those who are <i>unknown</i>, then tap Resume.",
    # No copy
    "notice.backup": "⚠️ <b>No copy of this desk was made.</b> {why}\n\nI try again every hour. Earlier copies are still there.",
    "backup.no_room": "There is not enough room in {folder} ({detail}). Make room there, or set BACKUP_FOLDER to a folder on another disk.",
    "backup.not_writable": "I may not write to {folder} ({detail}). Give the user that MassSender runs as the right to, or set BACKUP_FOLDER to another folder.",
    "backup.damaged": "The copy was not whole ({detail}), so it was not kept. Perhaps the disk is failing: keep the earlier copies in a safe place, and look at "
    "the machine's log.",
    "backup.under_way": "Another copy is being made just now in {folder}. Wait until it is done.",
    "backup.no_desk": "There is no desk to copy yet: {detail} does not exist. Is DATA_DIR right?",
    "backup.stopped": "MassSender was stopped while it copied. Nothing half-made is left.",
    "backup.failed": "Copying to {folder} failed: {detail}.",
    "backup.postgres": "This desk is on PostgreSQL, whose own program copies it while MassSender runs:\n  pg_dump --format=custom --file=masssender.dump "
    "postgresql://user@host/name\nwith the user, host and name of DATABASE_URL. docs/operating.md says how to put such a copy back.",
    "backup.made": "Copied to {path} ({size} MB, {seconds} s), read through and found whole.",
    "backup.removed": "{number} older than {days} days removed.",
    "backup.holds": "It holds the database: contacts, consent, campaigns, conversations, points. It does not hold the uploaded files ({media}), the links of "
    "WhatsApp Web numbers, or the key that opens its access tokens ({key}): keep a copy of that one somewhere else, once.",
    # Restoring
    "restore.postgres": "This desk is on PostgreSQL: its copies are put back with pg_restore. docs/operating.md says how.",
    "restore.not_here": "{file} is not there. Write the whole path of a copy; they are in {folder}.",
    "restore.damaged": "{file} cannot be used: {detail}. The desk was left as it is. Take another copy from {folder}.",
    "restore.newer": "{file} was made by a newer MassSender ({detail}). Update this program first. The desk was left as it is.",
    "restore.itself": "{file} is the desk itself. Name a copy of it; they are in {folder}.",
    "restore.running": "MassSender is running on this desk. Stop it first; then restore.",
    "restore.failed": "The copy could not be put back: {detail}. The desk was left as it is.",
    "restore.done": "The desk is that of {at} UTC again. What was there before lies in {aside}.",
    "restore.stops": "Opted out here too, because they had by now: {people}.",
    "restore.next": "Start MassSender. It writes to nobody by itself: all campaigns are paused, whoever waited is unknown, and the chat says what to look at.",
    # Moving to PostgreSQL
    "move.from": "What is moved is the SQLite desk in {database}: DATABASE_URL must not be set to another one yet.",
    "move.running": "MassSender is running on this desk, or on the other database. Stop it there first; then move.",
    "move.older": "One of the two databases is at revision {found}, and this program needs {known}. Run `masssender migrate` for the desk first; take an empty "
    "database to move to.",
    "move.newer": "One of the two databases was made by a newer MassSender (revision {found}; this program knows {known}). Update this program first.",
    "move.not_empty": "There is something in that database already (table {table}). A desk moves into an empty one: createdb masssender",
    "move.cannot_hold": "PostgreSQL does not take a row of the table {table}: {reason}. Nothing was moved. Please report this; the desk goes on on SQLite.",
    "move.differs": "What was read back of the table {table} is not what was written. Nothing was moved, and the desk goes on on SQLite.",
    "move.still_a_copy": "This desk was put back to a copy and has not been started since. Start `masssender run` once and stop it: it has to pause everything "
    "first. Then move.",
    "move.unreachable": "That database cannot be reached: {reason}. Write an address such as postgresql+psycopg://user:password@host/name whose server is up.",
    "move.done": "Moved: {rows} rows of {tables} tables, each compared with what was there. This SQLite desk does not start any more.",
    "move.next": "Now put the address that you gave here into .env, as DATABASE_URL=postgresql+psycopg://…, and start `masssender run`. Uploaded files, data/worker and {key} "
    "stay where they are. When other machines are to send too, set SECRET_KEY to what stands in that file, and MEDIA_URL to a place that all of them see.",
    "move.moved_away": "This desk was moved on {at} UTC to {to}. Put that address into .env as DATABASE_URL. If the move was cut short (nothing is there), give the same "
    "`masssender migrate --to` once more. To use this SQLite desk again instead: `masssender migrate --not-moved`; it then comes up with everything paused.",
    "move.taken_back": "This SQLite desk is in use again, as it was when it was moved. Start MassSender: everything comes up paused. Do not start the one on PostgreSQL "
    "any more.",
    "reason.restored": "the desk was put back to a copy from before; it may have been sent since",
}
