"""Reading multipart forms that came whole."""

from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

_MOST_PARTS: Final = 20


class BadForm(ValueError):
    """The form is broken."""


@dataclass(slots=True)
class Part:
    """One field. `filename` None: not a file."""

    data: bytes
    mime: str
    filename: str | None


class _Reader:
    """What the parser calls: collects the parts by name."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._data: list[bytes] = []

    def on_part_begin(self) -> None:
        self._headers, self._data = {}, []

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def on_part_end(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise BadForm("too many parts")
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name, filename = options.get(b"name", b""), options.get(b"filename")
        self.parts[name.decode("utf-8", "replace")] = Part(
            b"".join(self._data),
            self._headers.get(b"content-type", b"").decode("latin-1"),
            filename.decode("utf-8", "replace") if filename is not None else None,
        )


def parts_of(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts by name. Raises `BadForm`."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadForm("the body is no multipart form")
    reader = _Reader()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": reader.on_part_begin,
            "on_header_field": reader.on_header_field,
            "on_header_value": reader.on_header_value,
            "on_header_end": reader.on_header_end,
            "on_part_data": reader.on_part_data,
            "on_part_end": reader.on_part_end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise BadForm(str(error)) from error
    return reader.parts
