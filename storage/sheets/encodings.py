"""In which encoding a text file is, by its bytes alone and the country it comes from.

UTF-8 and UTF-16 prove themselves. The rest are old tables in which almost any bytes mean something; that one
is taken whose reading looks most like people's writing: words of one script, in the letters it uses most.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple


class _Table(NamedTuple):
    encoding: str
    script: str
    common: str
    countries: str


_TABLES: Final = (
    _Table("cp1252", "LATIN", "éèáàíóúãõçñöäüßêâôåøæ", ""),
    _Table("cp1254", "LATIN", "ışğüçöİŞĞÜÇÖ", "TR CY AZ"),
    _Table("cp1250", "LATIN", "ąęłśćńóżźěščřžýáíéúůőűţşăîâđ", "PL CZ SK HU RO SI HR BA RS"),
    _Table("cp1251", "CYRILLIC", "оеаинтсрвлкмдпуяыь", "RU UA BY BG KZ KG MK RS UZ TJ"),
    _Table("cp1253", "GREEK", "αοιετσνηυρπκμλςάίό", "GR CY"),
    _Table("cp1255", "HEBREW", "יולארתהמבשנדםח", "IL"),
    _Table(
        "cp1256", "ARABIC", "اليمنرتبوهدسفعحقةك", "SA AE EG IQ JO KW LB LY MA OM QA SY TN YE DZ BH IR PK SD"
    ),
    _Table("gb18030", "CJK", "", "CN SG"),
    _Table("big5", "CJK", "", "TW HK MO"),
    _Table("cp932", "CJK", "", "JP"),
    _Table("cp949", "HANGUL", "", "KR"),
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Scripts with capitals; a capital inside a word is a sign of the wrong table.
_CASED: Final = frozenset({"LATIN", "CYRILLIC", "GREEK"})
_WIDE: Final = frozenset({"CJK", "HANGUL"})
_SAMPLE_BYTES: Final = 256 * 1024
_SAMPLE_WORDS: Final = 2_000
_WORD: Final = re.compile(r"[^\W\d_]+")
#: What speaks for the country's own table when two read alike.
_HOME: Final = 0.15


def encoding_of(chunks: Iterable[bytes], country: str) -> str:
    """Name of the codec to read these bytes with. Looks at all of them: the last may be no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    head = b""
    is_utf8 = True
    for chunk in chunks:
        if not head:
            for mark, encoding in _MARKS:
                if chunk.startswith(mark):
                    return encoding
        if len(head) < _SAMPLE_BYTES:
            head += chunk[:_SAMPLE_BYTES]
        if is_utf8:
            is_utf8 = _goes_on(decoder, chunk)
    if 0 in head:
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    if is_utf8 and _goes_on(decoder, b"", final=True):
        return "utf-8"
    return _best_table(head, country)


def _goes_on(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _best_table(head: bytes, country: str) -> str:
    lines = [line for line in head.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)
    scored = [(_score(sample, table, country), table.encoding) for table in _TABLES]
    return max(scored, key=lambda pair: pair[0])[1]


def _score(sample: bytes, table: _Table, country: str) -> float:
    """From -1 to 1 and a little: how much the words with unusual letters look like this table's language."""
    at_home = country in table.countries.split()
    if table.script in _WIDE and not at_home:
        # Two bytes a letter: nearly any text can be read as Chinese, so it must be likely from outside.
        return -2.0
    text = sample.decode(table.encoding, "replace")
    foreign = [word for word in _WORD.findall(text) if not word.isascii()][:_SAMPLE_WORDS]
    broken = sum(1 for char in text if char == "\ufffd" or "\x80" <= char < "\xa0")
    points = sum(_points(word, table) for word in foreign)
    return points / max(len(foreign), 1) - 3 * broken / max(len(text), 1) + _HOME * at_home


def _points(word: str, table: _Table) -> float:
    strange = [char for char in word if not char.isascii()]
    if table.script == "LATIN":
        # Accents are seasoning: a word made of nothing else is another script misread.
        share = len(strange) / len(word)
        if len(word) > 2 and share > 0.6:
            return -1.0
    elif len(strange) < len(word) or any(_script(char) != table.script for char in strange):
        return -1.0
    if not (
        word.islower()
        or word.isupper()
        or word.istitle()
        or table.script not in {"LATIN", "CYRILLIC", "GREEK"}
    ):
        return -0.5
    if table.script in _WIDE:
        return 0.9
    return sum(char in table.common or char.lower() in table.common for char in strange) / len(strange)


def _script(char: str) -> str:
    name = unicodedata.name(char, "").split(" ", 1)[0]
    return "CJK" if name in {"HIRAGANA", "KATAKANA"} else name
