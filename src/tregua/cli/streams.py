"""Standard streams and Ctrl-C: a terminal of any encoding, a stream that is closed or full, and
what is true when a command is stopped.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TextIO

from ..errors import TreguaError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""Numbers of errors that say that nothing more can be written."""


def open_streams() -> None:
    """Make standard output and standard error usable, whatever they are.

    What a terminal cannot show is printed as a question mark. A stream that is closed goes nowhere,
    so that no file that is opened later gets its number and what is printed.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def output_refused(error: OSError) -> TreguaError:
    """The refusal where a disk is full (TR3102)."""
    return TreguaError(
        "TR3102",
        "nothing more can be written",
        where=str(error.filename or "standard output"),
        found=error.strerror,
        do="free some room; what was written before stays",
    )


def flush_streams() -> OSError | None:
    """Write what is still held back; the error of standard output, if any. A stream that cannot be
    written goes nowhere from then on, so that Python does not complain about it at its end.
    """
    failed = None
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            failed = error if stream is sys.stdout else None
            _silence(stream)
        except ValueError:  # It is closed.
            pass
    return failed


def _silence(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


def listen_to_interrupts() -> None:
    """Let the first Ctrl-C stop the command and clear away, which takes a moment; the second says
    so, and the third leaves at once. Who asked that Ctrl-C be ignored has it ignored.
    """
    pressed = 0

    def interrupt(_: int, __: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            raise KeyboardInterrupt
        if pressed == 2:
            _say("Clearing away what is half-written. Ctrl-C once more leaves at once.\n")
            return
        _say(
            "Left at once. Hidden folders (.NAME.tregua-new, .unfinished-NAME) may be left where "
            "the results were to be; the same command clears them away or goes on from them.\n"
        )
        os._exit(130)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def _say(text: str) -> None:
    """Print from within a signal, where a stream may be in use."""
    with suppress(OSError):
        os.write(2, text.encode())


def stopped() -> str:
    """What is true of a command that was stopped and has cleared away."""
    from ..results.staging import WRITTEN

    folders = ", ".join(map(str, WRITTEN))
    return f"Stopped; the results are in {folders}." if folders else "Stopped; " + NOTHING_LEFT


NOTHING_LEFT = "nothing half-written was left behind."
