"""English: active hours, words that stop, and automation rules."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # Hours
    "refused.hours.unreadable": "I can't read “{text}” as hours. Type ranges on the 24-hour clock with commas between them, for example "
    "<code>9-13, 14:30-18</code>, or <code>22-2</code> for a range over midnight.",
    "refused.hours.span": "A range begins between 0:00 and 23:59 and lasts at most 24 hours. For example <code>9-18</code>, or "
    "<code>22-2</code> over midnight.",
    "refused.hours.too_many_spans": "That is more than {limit} ranges in one day. Join some, for example <code>9-13, 14:30-18</code>.",
    "refused.hours.too_many_holidays": "{limit} holidays are kept at most. Take out those that are past first.",
    "refused.hours.no_such_day": "No calendar has that day. Type day and month, for example <code>24.12</code>, or with a year for one time "
    "only: <code>24.12.2027</code>.",
    "refused.hours.zone": "I don't know the time zone “{zone}”. Type a continent and a city, for example <code>Europe/Istanbul</code>.",
    # Words that stop and start
    "words.stop": "<b>🛑 Words that stop</b>\n\nWhoever writes one of these words, and nothing else, gets no more messages from you: at once, and in every "
    "campaign. Capitals, accents and punctuation do not matter, and all languages are heard.\n\nTap a language to see its words.",
    "words.start": "<b>↩️ Words that bring back</b>\n\nWhoever said stop, and later writes one of these words and nothing else, agrees again. Of somebody "
    "who never said stop they say nothing.\n\nTap a language to see its words.",
    "words.to.start": "↩️ Words that bring back",
    "words.to.stop": "🛑 Words that stop",
    "words.label": "{name} ({size}) {mark}",
    "words.in.en": "English",
    "words.in.tr": "Turkish",
    "words.in.de": "German",
    "words.in.es": "Spanish",
    "words.in.fr": "French",
    "words.in.pt": "Portuguese",
    "words.in.it": "Italian",
    "words.in.ru": "Russian",
    "words.in.ar": "Arabic",
    "words.in.fa": "Persian",
    "words.in.id": "Indonesian and Malay",
    "words.in.hi": "Hindi",
    "words.in.own": "Your own",
    "words.list.stop": "<b>🛑 {name}: words that stop</b>\n\n{words}",
    "words.list.start": "<b>↩️ {name}: words that bring back</b>\n\n{words}",
    "words.list.none": "None yet.",
    "words.add": "➕ Add",
    "words.take": "➖ Take out",
    "words.reset": "↩️ As it was at first",
    "ask.words.add": "Type a word, or several with commas between them; they join the list <b>{name}</b>. It counts when somebody writes it and nothing else. For "
    "example <code>no more please</code>.",
    "ask.words.take": "Type the word to take out of the list <b>{name}</b>, or several with commas between them.",
    "words.added.not": "That is in the list already.",
    "words.taken.not": "That is not in this list.",
    "words.reset.not": "It is so already.",
    "place.words": "Settings",
    "activity.words.added": "added words to listen for ({about})",
    "activity.words.taken": "took out words to listen for ({about})",
    "activity.words.reset": "set the words to listen for back ({about})",
    "refused.words.refused": "“{word}” cannot be a word to listen for: it needs letters or digits, and at most {limit} characters. For example "
    "<i>no more please</i>.",
    "refused.words.too_many": "This list is full: {limit} words at most. Take one out first.",
    "refused.words.kept": "“{word}” always stops messages: people are told to write it. The other words can be taken out.",
    "refused.words.both_ways": "“{word}” already means the opposite: one word cannot both stop messages and bring them back. Take it out of "
    "the other list first, or choose another.",
    # Rules
    "refused.rule.words": "A rule like this needs the words it waits for: 1 to {limit} characters. For example <i>opening hours</i>.",
    "refused.rule.does_nothing": "This rule would do nothing yet. Give it an answer or a tag, or let it opt out or hand to a person.",
    "refused.rule.opt_out_answers": "Whoever is opted out gets one confirmation and nothing else. Take the answer away, or switch the opt-out off.",
    "refused.rule.cooldown": "A rule can rest up to {days} days for one person. Type for example <code>2 hours</code> or <code>1 day</code>.",
    "refused.rule.dates": "That ends before it begins. Type the first day and then the last, for example <code>1.12 - 24.12</code>.",
    "refused.rule.too_many": "{limit} rules are kept at most. Take one out first.",
    "refused.rule.too_many_patterns": "{limit} rules with a pattern are kept at most, so that everybody is answered at once. Use “contains” where a "
    "plain word will do.",
    "refused.rule.pattern_too_long": "The pattern has {length} characters; {limit} are possible. Split it over two rules.",
    "refused.rule.pattern_too_big": "The pattern is short, but too much work on every message: it repeats something very often. Use <code>*</code> or "
    "<code>+</code> in place of big numbers, for example <code>\\d+</code> for <code>\\d{{1,500}}</code>.",
    "refused.rule.pattern_broken": "The pattern breaks off at character {at}, near “{near}”. Every bracket needs its pair, and a sign of its own is "
    "written with <code>\\</code> before it. For example <code>order (\\d+)</code>.",
    "refused.rule.pattern_unsupported": "Character {at}, “{near}”, cannot be used: looking ahead or back, and going back to a group, have no limit in time. "
    "Groups, choices and repeats work, for example <code>(price|cost) of (.+)</code>.",
}
