"""What a file is, by its content, and whether that is what its name says."""

import re
import zipfile
from pathlib import Path, PurePath
from typing import IO, Final

from domain.contacts.importing import refusals

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ODS_TYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"

#: How files that are no sheets begin.
_STRANGERS: Final = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gz"),
    (b"{\\rtf", "rtf"),
    (b"SQLite format 3", "sqlite"),
    (b"BEGIN:VCARD", "vcf"),
)
_MARKUP: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|table|meta|\?xml|!--)", re.I
)

#: Endings of the same kind of file.
_SAME: Final = {"tsv": "csv", "txt": "csv"}
_KINDS: Final = frozenset({"xlsx", "xls", "ods", "csv", "zip"})
_TEXTS: Final = (".csv", ".txt", ".tsv")
_MOST_MEMBERS: Final = 5_000
_CHUNK: Final = 1024 * 1024


def kind_of(path: Path, filename: str) -> str:
    """xlsx, xls, ods, csv or zip. Raises a `FileRefused` if it is none of them, or not what its name says."""
    says = PurePath(filename.strip().lower()).suffix.lstrip(".")
    says = _SAME.get(says, says)
    if says and says not in _KINDS:
        raise refusals.Unsupported(says=f".{says}"[:12], accepted=list(refusals.ACCEPTED))
    size = path.stat().st_size
    if size == 0:
        raise refusals.Empty()
    if size > refusals.MAX_FILE_BYTES:
        raise refusals.TooBig(bytes=size, limit=refusals.MAX_FILE_BYTES)
    found = _by_content(path, says)
    if says and found != says:
        raise refusals.NotWhatItSays(says=says, is_=found)
    if found not in _KINDS:
        raise refusals.NotWhatItSays(says=says or "unknown", is_=found)
    return found


def _by_content(path: Path, says: str) -> str:
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    if head.startswith(_ZIP):
        return _kind_of_zip(path, says)
    if head.startswith(_OLE):
        return _kind_of_ole(path.read_bytes())
    for beginning, kind in _STRANGERS:
        if head.startswith(beginning):
            return kind
    if markup := _MARKUP.match(head):
        return "xml" if markup[1] == b"?xml" and b"<html" not in head[:2048].lower() else "html"
    return "csv" if _is_text(head) else "unknown"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    nuls = head.count(0)
    if nuls:
        # UTF-16 without its mark: every other byte of Latin text is 0.
        even = head[0::2].count(0)
        return nuls > len(head) * 0.3 and (even < nuls * 0.05 or even > nuls * 0.95)
    controls = sum(head.count(byte) for byte in range(32) if byte not in (9, 10, 11, 12, 13, 26, 27))
    return controls <= len(head) * 0.01


def _kind_of_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise refusals.Encrypted()
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book", "WORKBOOK", "BOOK")):
        return "xls"
    return "doc" if "WordDocument".encode("utf-16-le") in content else "unknown"


def _kind_of_zip(path: Path, says: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            check_zip(archive)
            names = set(archive.namelist())
            if "mimetype" in names and archive.read("mimetype").strip() == _ODS_TYPE:
                _refuse_encrypted_ods(archive, names)
                return "ods"
    except zipfile.BadZipFile:
        raise refusals.Truncated(kind=says or "zip") from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "[Content_Types].xml" in names or "mimetype" in names:
        folder = next((part for part in ("word", "ppt", "xl") if any(n.startswith(part) for n in names)), "")
        return {"word": "docx", "ppt": "pptx", "xl": "xlsb"}.get(folder, "unknown")
    return "zip"


def _refuse_encrypted_ods(archive: zipfile.ZipFile, names: set[str]) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in names and b"encryption-data" in archive.read(manifest):
        raise refusals.Encrypted()


def check_zip(archive: zipfile.ZipFile) -> None:
    """Refuse what is locked, and what would be too big unpacked: as declared first, then as it really is."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise refusals.UnpackedTooBig(
            bytes=refusals.MAX_UNPACKED_BYTES + 1, limit=refusals.MAX_UNPACKED_BYTES
        )
    if any(member.flag_bits & 1 for member in members):
        raise refusals.Encrypted()
    _refuse_above(sum(member.file_size for member in members))


def _refuse_above(size: int) -> None:
    if size > refusals.MAX_UNPACKED_BYTES:
        raise refusals.UnpackedTooBig(bytes=size, limit=refusals.MAX_UNPACKED_BYTES)


def texts_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The .csv files of a zip. Raises ZipWithoutCsv when there is none."""
    found = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and member.filename.lower().endswith(_TEXTS)
        and not member.filename.startswith("__MACOSX/")
        and not PurePath(member.filename).name.startswith(".")
    ]
    if not found:
        raise refusals.ZipWithoutCsv()
    return found


class Unpacked:
    """Counts what really comes out of a zip: its declared sizes are only a claim."""

    def __init__(self) -> None:
        self._bytes = 0

    def chunks(self, stream: IO[bytes]) -> "Chunks":
        return Chunks(self, stream)

    def count(self, size: int) -> None:
        self._bytes += size
        _refuse_above(self._bytes)


class Chunks:
    """A stream's bytes, a megabyte at a time, counted."""

    def __init__(self, unpacked: Unpacked, stream: IO[bytes]) -> None:
        self._unpacked = unpacked
        self._stream = stream

    def __iter__(self) -> "Chunks":
        return self

    def __next__(self) -> bytes:
        chunk = self._stream.read(_CHUNK)
        if not chunk:
            raise StopIteration
        self._unpacked.count(len(chunk))
        return chunk
