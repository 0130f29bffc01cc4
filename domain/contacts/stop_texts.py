"""What is said to people about stopping, in the languages that stop words exist in: these go to the people
themselves, not to operators."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from domain.contacts.stop_words import LANGUAGES, OWN, Heard, Vocabulary

_HEARD: Final = MappingProxyType(
    {
        "en": ("You will get no more messages from {name}.", "Write {start} if you want them again."),
        "tr": ("{name} size artık mesaj göndermeyecek.", "Yeniden almak isterseniz {start} yazın."),
        "de": (
            "Sie bekommen keine Nachrichten mehr von {name}.",
            "Schreiben Sie {start}, wenn Sie wieder welche möchten.",
        ),
        "es": ("Ya no recibirá más mensajes de {name}.", "Escriba {start} si los quiere de nuevo."),
        "fr": (
            "Vous ne recevrez plus de messages de {name}.",
            "Écrivez {start} si vous en voulez à nouveau.",
        ),
        "pt": (
            "Você não vai mais receber mensagens de {name}.",
            "Escreva {start} se quiser recebê-las de novo.",
        ),
        "it": ("Non riceverà più messaggi da {name}.", "Scriva {start} se li vuole di nuovo."),
        "ru": (
            "Вы больше не будете получать сообщения от {name}.",
            "Напишите {start}, если захотите получать их снова.",
        ),
        "ar": ("لن تصلك رسائل أخرى من {name}.", "اكتب {start} إذا أردتها من جديد."),
        "fa": ("دیگر از {name} پیامی دریافت نمی‌کنید.", "اگر دوباره خواستید، {start} را بفرستید."),
        "id": (
            "Anda tidak akan menerima pesan lagi dari {name}.",
            "Tulis {start} jika ingin menerimanya lagi.",
        ),
        "hi": ("अब आपको {name} से कोई संदेश नहीं मिलेगा।", "फिर से पाने के लिए {start} लिखें।"),
    }
)

#: `stop` itself always works, whatever a workspace edits.
FOOTERS: Final = MappingProxyType(
    {
        "en": "Reply STOP to stop",
        "tr": "Durdurmak için STOP yazın",
        "de": "Zum Abbestellen STOP antworten",
        "es": "Responda STOP para no recibir más",
        "fr": "Répondez STOP pour ne plus recevoir",
        "pt": "Responda STOP para parar",
        "it": "Rispondi STOP per non ricevere altro",
        "ru": "Ответьте STOP, чтобы отписаться",
        "ar": "أرسل STOP للإيقاف",
        "fa": "برای لغو STOP را بفرستید",
        "id": "Balas STOP untuk berhenti",
        "hi": "रोकने के लिए STOP लिखें",
    }
)


def confirmation(name: str, language: str, vocabulary: Vocabulary) -> str:
    """That a stop was heard, and how to come back: by a word that this workspace hears as that. Where it
    hears none, nothing is promised. `name`: the workspace's."""
    heard, again = _HEARD.get(language, _HEARD["en"])
    start = next(_starts(language, vocabulary), None)
    said = [heard.format(name=name)]
    return " ".join(said if start is None else [*said, again.format(start=start)])


def _starts(language: str, vocabulary: Vocabulary) -> Iterator[str]:
    for listed in (language, OWN, "en", *LANGUAGES):
        for word in vocabulary.listed(Heard.START, listed):
            for shown in (word.upper(), word):
                if vocabulary.heard(shown) is Heard.START:
                    yield shown
