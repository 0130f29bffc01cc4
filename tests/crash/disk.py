"""A small disk of its own, which can be filled to the last byte: a tmpfs, where we may mount one."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FILLER: Final = "filler"
_PIECE: Final = bytes(1024 * 1024)


class SmallDisk:
    """Mounted at `folder`; or, where that is not allowed, a mere folder, which cannot be filled."""

    def __init__(self, folder: Path, *, is_mounted: bool) -> None:
        self.folder, self.can_be_filled = folder, is_mounted

    def fill(self) -> None:
        """Whoever needs room from now on is told ENOSPC."""
        if not self.can_be_filled:
            return
        with (self.folder / _FILLER).open("ab", buffering=0) as file:
            for piece in (_PIECE, _PIECE[:4096], _PIECE[:1]):
                with contextlib.suppress(OSError):
                    while file.write(piece):
                        pass

    def free(self) -> None:
        (self.folder / _FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(*, megabytes: int) -> Iterator[SmallDisk]:
    """In a place of its own: a database server, which is another user, has to get there."""
    folder = Path(tempfile.mkdtemp(prefix="masssender-disk-"))
    folder.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield SmallDisk(folder, is_mounted=is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)
