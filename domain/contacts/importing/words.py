"""Header words, by what they head, in the languages people keep lists in. A language is one more line."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Final


class NumberWord(IntEnum):
    """How surely a header heads the numbers to send to."""

    NEVER = -3
    NONE = 0
    GENERIC = 1
    PHONE = 2
    MOBILE = 3
    WHATSAPP = 4


class NameWord(IntEnum):
    """How good a column is for `{name}`. FIRST beats GENERIC: beside "Vorname", "Name" is the family's."""

    NONE = 0
    GENERIC = 1
    FIRST = 2
    FULL = 3


_NUMBERS: Final = {
    NumberWord.WHATSAPP: """
        whatsapp; whats app; whatsapp number; whatsapp no; wa; wa number; no wa; nomor wa; wa id
        wp; wp no; واتساب; واتس اب; واتس; וואטסאפ; ווטסאפ; व्हाट्सएप; व्हाट्सऐप; ватсап; вотсап
        вацап; ワッツアップ; 왓츠앱""",
    NumberWord.MOBILE: """
        mobile; mobile number; mobile phone; mobile no; cell; cell phone; cellphone; cell number
        cep; cep tel; cep no; cep telefonu; cep numarası; gsm; gsm no; handy; handynummer; handynr
        mobil; mobilnummer; mobiltelefon; móvil; celular; teléfono móvil; número de celular
        telemóvel; telemovel; portable; tél portable; numéro de portable; mobiel; cellulare
        numero di cellulare; мобильный; мобильный телефон; сотовый; сотовый телефон; моб
        мобільний; جوال; الجوال; رقم الجوال; محمول; المحمول; موبايل; الموبايل; رقم الموبايل; نقال
        موبایل; تلفن همراه; نייד; נייד; טלפון נייד; סלולרי; מספר נייד; मोबाइल; मोबाइल नंबर; मोबाईल
        hp; no hp; nomor hp; ponsel; nomor ponsel; handphone; 手机; 手机号; 手机号码; 手機
        手機號碼; 行動電話; 携帯; 携帯電話; 携帯番号; 휴대폰; 휴대전화; 핸드폰; komórka
        telefon komórkowy; matkapuhelin; κινητό; κινητο τηλεφωνο; di động; số di động; มือถือ
        เบอร์มือถือ; mobitel""",
    NumberWord.PHONE: """
        phone; phone number; phone no; telephone; telephone number; tel; tel no; contact number
        msisdn; e164; telefon; telefon no; telefon numarası; telefonu; telefonnummer; telefonnr
        rufnummer; teléfono; número de teléfono; telefone; número de telefone; fone; téléphone
        numéro de téléphone; tél; telefono; numero di telefono; recapito; телефон; номер телефона
        тел; контактный телефон; номер телефону; هاتف; الهاتف; رقم الهاتف; تلفون; تليفون; تلفن
        شماره تلفن; טלפון; מספר טלפון; फ़ोन; फोन; फोन नंबर; फ़ोन नंबर; दूरभाष; telepon
        nomor telepon; no telp; telp; nomor telp; 电话; 电话号码; 联系电话; 電話; 電話號碼
        電話番号; 전화; 전화번호; 연락처; τηλέφωνο; điện thoại; số điện thoại; sđt; โทรศัพท์
        เบอร์โทร; เบอร์โทรศัพท์; puhelin; puhelinnumero; telefoon; telefoonnummer; telefonszám
        numer telefonu; simu""",
    NumberWord.GENERIC: """
        number; numbers; contact; contact no; numara; numarası; nummer; nr; número; numéro; numero
        номер; رقم; الرقم; מספר; नंबर; संपर्क; nomor; 号码; 號碼; 番号; 번호; numer; αριθμός; số
        หมายเลข; kontakt; iletişim; contacto; contato; contatto""",
    NumberWord.NEVER: """
        id; user id; customer id; tc; tckn; tc no; kimlik; kimlik no; passport; pasaport; dni; cpf
        cnpj; nif; inn; инн; ssn; tax; tax no; tax number; vergi; vergi no; vat; vat number; iban
        account; account number; account no; hesap; hesap no; konto; kontonummer; price; amount
        tutar; fiyat; total; toplam; preis; betrag; precio; importe; preço; valor; prix; montant
        prezzo; importo; цена; сумма; harga; 价格; 金额; order; order number; order no; order id
        sipariş; sipariş no; bestellnummer; pedido; invoice; invoice number; invoice no; fatura
        fatura no; rechnung; rechnungsnummer; factura; zip; zip code; postal code; postcode
        posta kodu; plz; code; kod; fax; faks; fax number; telefax; факс; فاكس; date; due date
        tarih; datum; fecha; data; дата; تاريخ; תאריך; तारीख; tanggal; 日期; birthday; birth date
        birth; doğum tarihi; geburtsdatum; year; yıl; age; yaş; sku; pin; customer number
        customer no; müşteri no; kundennummer; member number; card number; kart no; personel no
        sicil no; sıra; sıra no; row; 编号; 序号""",
}

_NAMES: Final = {
    NameWord.FULL: """
        full name; fullname; contact name; customer name; client name; display name; name surname
        ad soyad; adı soyadı; ad ve soyad; isim soyisim; isim soyad; vollständiger name
        vor und nachname; vorname nachname; kundenname; nombre completo; nombre y apellido
        nombre y apellidos; nome completo; nom complet; nom et prénom; nom prénom; nome e cognome
        nome cognome; nominativo; фио; ф и о; полное имя; имя и фамилия; піб; الاسم الكامل
        الاسم بالكامل; שם מלא; पूरा नाम; nama lengkap; 姓名; 氏名; お名前; 성명; volledige naam
        imię i nazwisko; ονοματεπώνυμο; họ tên; họ và tên; ชื่อ นามสกุล; täydellinen nimi""",
    NameWord.FIRST: """
        first name; firstname; first; given name; forename; adı; vorname; rufname; primer nombre
        nombres; prénom; primeiro nome; prenome; nome proprio; الاسم الأول; שם פרטי; प्रथम नाम
        पहला नाम; nama depan; voornaam; fornavn; förnamn; etunimi; prenume; 名""",
    NameWord.GENERIC: """
        name; names; customer; client; contact person; person; isim; isimler; ad; müşteri
        müşteri adı; kunde; nombre; cliente; nome; nom; имя; клиент; імʼя; ім'я; اسم; الاسم
        العميل; نام; שם; לקוח; नाम; nama; 名字; 名称; 客户; 客户姓名; 名前; 이름; 고객명; naam
        imię; namn; navn; nimi; όνομα; tên; ชื่อ; név; jméno; nume; ime; jina""",
}

_LAST_NAMES: Final = """
        surname; last name; lastname; family name; soyad; soyadı; soyisim; nachname; familienname
        apellido; apellidos; sobrenome; apelido; nom de famille; cognome; фамилия; отчество
        прізвище; اسم العائلة; الكنية; שם משפחה; उपनाम; nama belakang; 姓; 姓氏; 성; achternaam
        nazwisko; efternamn; etternavn; sukunimi; επώνυμο; họ; นามสกุล; company name; şirket adı
        firma adı; user name; username; file name; kullanıcı adı; product name; ürün adı
        nazwa firmy; nome da empresa; nombre de empresa; firmenname"""

_ACCENTS: Final = re.compile(r"[\u0300-\u036f]")


def is_remark(title: str) -> bool:
    """Whether it heads the column that an error file adds (problem.column in bot/texts): such a file comes
    back, and what was wrong with a row is nothing to tell its person."""
    return fold(title) in _REMARKS


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Case, accents and punctuation aside: "İSİM:" and "isim" are one."""
    plain = (
        _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold()).replace("ı", "i").replace("ß", "ss")
    )
    plain = unicodedata.normalize("NFC", plain)
    return " ".join("".join(char if _is_letter(char) else " " for char in plain).split())


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


#: As error files have called it.
_REMARKS: Final = frozenset({"what is wrong"})


def _entries(text: str) -> Iterable[str]:
    return filter(None, (fold(entry) for entry in re.split(r"[;\n]", text)))


_Rank = NumberWord | NameWord
_NUMBER_RANKS: Final = {entry: rank for rank in reversed(_NUMBERS) for entry in _entries(_NUMBERS[rank])}
_NAME_RANKS: Final = {entry: rank for rank in reversed(_NAMES) for entry in _entries(_NAMES[rank])}
_LAST: Final = frozenset(_entries(_LAST_NAMES))


@lru_cache(maxsize=4096)
def number_word(header: str) -> NumberWord:
    """How surely `header` heads numbers. A word for something else ("order number") wins over "number"."""
    folded = fold(header)
    if folded in _NUMBER_RANKS:
        return _NUMBER_RANKS[folded]
    found = [NumberWord(rank) for rank in _ranks_within(folded, _NUMBER_RANKS)]
    best = max(found, default=NumberWord.NONE)
    if NumberWord.NEVER in found and best < NumberWord.PHONE:
        return NumberWord.NEVER
    return best


@lru_cache(maxsize=4096)
def name_word(header: str) -> NameWord:
    """How well `header`'s column would fill `{name}`."""
    folded = fold(header)
    if folded in _NAME_RANKS:
        return _NAME_RANKS[folded]
    if folded in _LAST or number_word(header) is not NumberWord.NONE:
        return NameWord.NONE
    if any(f" {last} " in f" {folded} " for last in _LAST):
        return NameWord.NONE
    return max((NameWord(rank) for rank in _ranks_within(folded, _NAME_RANKS)), default=NameWord.NONE)


def is_header_word(header: str) -> bool:
    """Whether a cell reads like a header this module knows."""
    return bool(
        number_word(header) is not NumberWord.NONE
        or name_word(header) is not NameWord.NONE
        or fold(header) in _LAST
    )


def _ranks_within(folded: str, ranks: Mapping[str, _Rank]) -> Iterable[int]:
    """Ranks of the entries that stand inside a longer header: "Müşteri cep telefonu 1"."""
    padded = f" {folded} "
    for entry, rank in ranks.items():
        as_words = f" {entry} " in padded
        as_beginning = len(entry) >= 5 and entry.isascii() and f" {entry}" in padded
        if as_words or as_beginning or (len(entry) >= 2 and entry in folded and _RUNS_TOGETHER.match(entry)):
            yield rank


#: Scripts that put no spaces between words: Thai, Japanese, Chinese, Korean.
_RUNS_TOGETHER: Final = re.compile("[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af]")
