"""Which words stop messages, and which bring somebody back: defaults a language, and a workspace's own edits.

A message counts when all of it is one of the words, however it is written (see `folding`). Every language's
words hold in every workspace: people answer in the language they think in. See docs/decisions/0008.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from domain.contacts.folding import words
from domain.kernel.errors import DomainError

#: A message is looked at so far; what is longer is a letter, not a word.
_LOOKED_AT: Final = 200
LONGEST_WORD: Final = 40
MOST_WORDS: Final = 60
#: Heard whatever a workspace edits: what WhatsApp and the footer of a campaign tell people to write.
ALWAYS_STOPS: Final = "stop"
#: The list of words that are of no language in particular, a shop's own.
OWN: Final = "own"


class Heard(StrEnum):
    STOP = "stop"
    START = "start"


class WordRefused(DomainError):
    """`word` holds no letter or digit, or is longer than `limit` characters."""

    code = "words.refused"


class TooManyWords(DomainError):
    """`limit`: words in one list."""

    code = "words.too_many"


class WordKept(DomainError):
    """`word` always stops: it cannot be taken out."""

    code = "words.kept"


class WordBothWays(DomainError):
    """`word` already means the other of the two, stop or start: it cannot mean both."""

    code = "words.both_ways"


def _lists(lists: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(
        {language: tuple(re.split(r"[;\n]\s*", text.strip())) for language, text in lists.items()}
    )


#: What people write when they want no more. Left out is what answers other questions as well: "no", "wait".
STOP_DEFAULTS: Final = _lists(
    {
        "en": """
            stop; stopall; stop all; unsubscribe; unsubscribe me; cancel; end; quit; opt out; optout
            opt me out; please stop; stop please; stop it; stop messaging me; stop sending; remove me
            no more messages; do not contact me""",
        "tr": """
            dur; durdur; iptal; ret; mesaj istemiyorum; mesaj atmayın; mesaj göndermeyin; abonelikten çık
            listeden çıkar; beni çıkar; çıkış; yazmayın""",
        "de": """
            stopp; abmelden; abbestellen; austragen; abmeldung; keine nachrichten; keine nachrichten mehr
            bitte stoppen""",
        "es": """
            baja; alto; darme de baja; dar de baja; dame de baja; cancelar; cancelar suscripción
            no más mensajes; parar; no enviar más; desuscribir""",
        "fr": """
            arrêt; arrêter; arrêtez; désabonner; désinscrire; me désabonner; désinscription; résilier
            plus de messages; stop svp""",
        "pt": """
            parar; sair; cancelar; pare; descadastrar; remover; cancelar inscrição; não quero mais
            não quero receber; chega de mensagens""",
        "it": """
            basta; ferma; fermati; annulla; cancellami; disiscrivi; disiscrivimi; cancella iscrizione
            basta messaggi; non scrivetemi; rimuovimi""",
        "ru": """
            стоп; отписаться; отписка; отпишите; отпишите меня; отписать; не пишите; не пишите мне
            больше не пишите; удалите меня; хватит писать""",
        "ar": """
            توقف; توقفوا; إيقاف; إلغاء; إلغاء الاشتراك; أوقف; أوقفوا الرسائل; قف; لا ترسل; لا ترسلوا; كفى""",
        "fa": """
            توقف; لغو; لغو اشتراک; انصراف; نفرست; نفرستید; پیام نفرستید; پیام ندهید; دیگر پیام ندهید
            استاپ""",
        "id": """
            berhenti; setop; henti; batal langganan; berhenti langganan; jangan kirim lagi
            jangan hubungi saya; keluar""",
        "hi": """
            बंद; बंद करो; बंद करें; रोको; रोकें; स्टॉप; संदेश मत भेजो; मैसेज मत करो
            band karo; mat bhejo; roko""",
    }
)

#: What brings somebody back who had said stop. Few: a word mistaken for one of them would break a promise.
START_DEFAULTS: Final = _lists(
    {
        "en": "start; unstop; subscribe; opt in; optin",
        "tr": "başla; başlat; abone ol",
        "de": "anmelden; abonnieren",
        "es": "alta; suscribirme",
        "fr": "m'abonner; réabonner; me réabonner",
        "pt": "começar; inscrever",
        "it": "iscrivimi; inizia",
        "ru": "старт; подписаться; подпишите меня",
        "ar": "ابدأ; اشترك",
        "fa": "شروع; عضویت",
        "id": "mulai; berlangganan",
        "hi": "शुरू; शुरू करो; शुरू करें; shuru karo",
    }
)

LANGUAGES: Final = tuple(STOP_DEFAULTS)

Edits = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """A workspace's words: the defaults, but for the lists it edited. `stops` and `starts` hold the edited
    lists alone, whole, by language or OWN; words as people typed them."""

    stops: Edits = field(default_factory=dict)
    starts: Edits = field(default_factory=dict)
    _means: Mapping[str, Heard] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        means = dict.fromkeys(map(words, _all(START_DEFAULTS, self.starts)), Heard.START)
        # A word in both lists stops: a stop that is missed breaks a promise.
        means |= dict.fromkeys(map(words, _all(STOP_DEFAULTS, self.stops)), Heard.STOP)
        means[ALWAYS_STOPS] = Heard.STOP
        means.pop("", None)
        object.__setattr__(self, "_means", means)

    def heard(self, text: str) -> Heard | None:
        """What the whole message means; None for anything that says more, or something else."""
        return next((self._means[said] for said in _said(text) if said in self._means), None)

    def language_of(self, text: str, *, rather: str) -> str:
        """The language of a stop that was heard. `rather`: the workspace's, for `stop` itself, which is said
        in every language, for words of its own, and for words that several languages share."""
        said = set(_said(text))
        if ALWAYS_STOPS in said:
            return rather
        lists = (rather, *(one for one in LANGUAGES if one != rather))
        spoken = (one for one in lists if said & set(map(words, self.listed(Heard.STOP, one))))
        return next(spoken, rather)

    def listed(self, kind: Heard, language: str) -> tuple[str, ...]:
        """The words of one list as they stand."""
        defaults, edits = (STOP_DEFAULTS, self.stops) if kind is Heard.STOP else (START_DEFAULTS, self.starts)
        return edits.get(language, defaults.get(language, ()))

    def with_word(self, kind: Heard, language: str, word: str) -> Self:
        """One more; one that is there changes nothing. Raises WordRefused, TooManyWords, WordBothWays."""
        word = " ".join(word.split())
        if not words(word) or len(word) > LONGEST_WORD:
            raise WordRefused(word=word[:LONGEST_WORD], limit=LONGEST_WORD)
        if self.heard(word) not in {None, kind}:
            raise WordBothWays(word=word)
        listed = self.listed(kind, language)
        if words(word) in map(words, listed):
            return self
        if len(listed) >= MOST_WORDS:
            raise TooManyWords(limit=MOST_WORDS)
        return self._edited(kind, language, (*listed, word))

    def without_word(self, kind: Heard, language: str, word: str) -> Self:
        """One less; one that is not there changes nothing. Raises WordKept."""
        gone = words(word)
        if kind is Heard.STOP and gone == ALWAYS_STOPS:
            raise WordKept(word=word)
        listed = self.listed(kind, language)
        kept = tuple(one for one in listed if words(one) != gone)
        return self if kept == listed else self._edited(kind, language, kept)

    def as_it_was(self, kind: Heard, language: str) -> Self:
        """The list of before any edit."""
        kept = {name: listed for name, listed in self._edits(kind).items() if name != language}
        return replace(self, stops=kept) if kind is Heard.STOP else replace(self, starts=kept)

    def is_edited(self, kind: Heard, language: str) -> bool:
        return language in self._edits(kind)

    def _edits(self, kind: Heard) -> Edits:
        return self.stops if kind is Heard.STOP else self.starts

    def _edited(self, kind: Heard, language: str, listed: tuple[str, ...]) -> Self:
        if kind is Heard.STOP:
            return replace(self, stops={**self.stops, language: listed})
        return replace(self, starts={**self.starts, language: listed})


def _all(defaults: Edits, edits: Edits) -> Iterable[str]:
    return (word for listed in {**defaults, **edits}.values() for word in listed)


def _said(text: str) -> tuple[str, str]:
    """The words of a message, and once each: `stop stop stop` says no more than `stop`."""
    seen = text[:_LOOKED_AT]
    if len(text) > _LOOKED_AT:
        seen = " ".join(seen.split()[:-1]) or seen  # the last was cut in two
    said = words(seen)
    apart = said.split()
    return said, apart[0] if len(set(apart)) == 1 else said
