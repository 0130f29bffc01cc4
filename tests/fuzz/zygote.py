"""Forks reading processes: `python -m tests.fuzz.zygote FD`.

It has imported what `storage.sheets.reader` imports, sooner or later, and nothing else, and has one thread.
Each file gets a fork of it with limits of its own, which runs the reader's `main` and ends: nothing that a
file does to its process is there when the next is read, exactly as with a process started anew, but sooner.
"""

import json
import os
import socket
import sys
from typing import NoReturn

from storage.sheets import error_book, reader  # noqa: F401 -- error_book: which reader imports when it writes one


def main() -> None:
    """Until the other end is closed. Takes two pipes, answers with the pid and, later, its usage."""
    with socket.socket(fileno=int(sys.argv[1])) as line:
        while True:
            message, pipes, _flags, _address = socket.recv_fds(line, 1, 2)
            if not message:
                return
            pid = os.fork()
            if pid == 0:
                line.close()
                _read(*pipes)
            for pipe in pipes:
                os.close(pipe)
            line.send(str(pid).encode())
            _pid, status, usage = os.wait4(pid, 0)
            told = {
                "code": os.waitstatus_to_exitcode(status),
                "peak_bytes": usage.ru_maxrss * 1024,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
            }
            line.send(json.dumps(told).encode())


def _read(requests: int, answers: int) -> NoReturn:
    os.dup2(requests, 0)
    os.dup2(answers, 1)
    os.close(requests)
    os.close(answers)
    code = 70
    try:
        code = reader.main()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
