"""Why a whole file is refused. A bad row is not here: it is a `Bad` and the rest of the file goes on."""

from typing import Final

from domain.kernel.errors import DomainError

MEGABYTE: Final = 1024 * 1024
MAX_FILE_BYTES: Final = 20 * MEGABYTE
MAX_UNPACKED_BYTES: Final = 200 * MEGABYTE
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 64
MAX_SECONDS: Final = 30

#: What may be sent, as shown to people.
ACCEPTED: Final = (".xlsx", ".xls", ".ods", ".csv", ".zip")


class FileRefused(DomainError):
    """This file cannot be imported. What comes before the place that is at fault may have been read already.
    By itself: the reading process died of it."""

    code = "import.refused"


class TooBig(FileRefused):
    """`bytes` and `limit`, in bytes."""

    code = "import.too_big"


class TooManyRows(FileRefused):
    """`rows` (counted so far, or declared) and `limit`."""

    code = "import.too_many_rows"


class TooManyColumns(FileRefused):
    """`columns` and `limit`."""

    code = "import.too_many_columns"


class UnpackedTooBig(FileRefused):
    """`bytes` (declared, or counted until it was enough) and `limit`, in bytes."""

    code = "import.unpacked_too_big"


class TooSlow(FileRefused):
    """`limit`, in seconds."""

    code = "import.too_slow"


class Encrypted(FileRefused):
    """The file asks for a password."""

    code = "import.encrypted"


class Truncated(FileRefused):
    """The file is cut off or broken. `kind` is what it began as."""

    code = "import.truncated"


class NotWhatItSays(FileRefused):
    """`says` is the name's ending, `is_` what the content looks like (`unknown` when like nothing known)."""

    code = "import.not_what_it_says"


class Unsupported(FileRefused):
    """`says` is the name's ending; `accepted` lists those that are read."""

    code = "import.unsupported"


class ZipWithoutCsv(FileRefused):
    """A .zip is read for the .csv in it, and there is none."""

    code = "import.zip_without_csv"


class Empty(FileRefused):
    """No sheet has a row."""

    code = "import.empty"


class NoNumberColumn(FileRefused):
    """The plan names no column for the number, or one the sheet does not have."""

    code = "import.no_number_column"


class NoSuchSheet(FileRefused):
    """`sheet` is not in the file (any more)."""

    code = "import.no_such_sheet"


class OutOfMemory(FileRefused):
    """Reading it would take more memory than a file may."""

    code = "import.out_of_memory"


#: By code, to carry a refusal over a pipe.
REFUSALS: Final[dict[str, type[FileRefused]]] = {
    kind.code: kind
    for kind in (
        FileRefused,
        TooBig,
        TooManyRows,
        TooManyColumns,
        UnpackedTooBig,
        TooSlow,
        Encrypted,
        Truncated,
        NotWhatItSays,
        Unsupported,
        ZipWithoutCsv,
        Empty,
        NoNumberColumn,
        NoSuchSheet,
        OutOfMemory,
    )
}
