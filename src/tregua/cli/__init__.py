"""Command-line interface, `tregua`: each command parses, calls the library once, and prints.

Words and exit statuses are decided here; nothing is computed.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from ..errors import TreguaError
from ..results.staging import WRITTEN
from .streams import (
    FULL,
    flush_streams,
    listen_to_interrupts,
    open_streams,
    output_refused,
    stopped,
)

DONE, OUTSIDE, BAD_INPUT, FAULT, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses: all well; a reproduction is outside its tolerance; bad input; a fault of Tregua;
stopped by the user.
"""


DEVICES = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME")
"""Environment that says on which devices programs run."""

COMPILER_LOG = {"JAX_LOGGING_LEVEL": "CRITICAL", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Environment with which the compiler is silent: its part in Python, and that in C++."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with one of the exit statuses above."""
    quiet_compiler()
    open_streams()
    listen_to_interrupts()
    try:
        status = run_command(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        with suppress(OSError):
            print(stopped(), file=sys.stderr)
        status = INTERRUPTED
    failed = flush_streams()
    if failed is not None and not isinstance(failed, BrokenPipeError) and status == DONE:
        with suppress(OSError):
            print(output_refused(failed).text(), file=sys.stderr)
        status = BAD_INPUT
    sys.exit(status)


def quiet_compiler() -> None:
    """Keep the compiler's own messages off the terminal; it must not be loaded yet.

    Some processors make it print a page of their features, as an error, whenever a compiled program
    is found again, and a graphics card without its software makes it warn. Neither is about the
    run. Who sets ``TREGUA_DEBUG`` or one of :data:`COMPILER_LOG` sees them.
    """
    if not any(os.environ.get(name) for name in ("TREGUA_DEBUG", *COMPILER_LOG)):
        os.environ.update(COMPILER_LOG)


def run_command(arguments: list[str]) -> int:
    """Run one command.

    Returns:
        The exit status. Refusals are printed, never raised.
    """
    try:
        # The last module that registers commands; importing it gives the program with all.
        from .app_record import app
        from .show import print_refusal
    except ModuleNotFoundError as error:
        print(_missing(error).text(), file=sys.stderr)
        return BAD_INPUT
    from cyclopts import CycloptsError

    WRITTEN.clear()
    as_json = "--json" in arguments
    for name in ("SIGTERM", "SIGHUP"):
        # Windows has no SIGHUP. Who asked with nohup that a closed terminal be ignored has it
        # ignored.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        _check_arguments(arguments)
        status = app(
            arguments, exit_on_error=False, print_error=False, result_action="return_value"
        )
    except TreguaError as error:
        return print_refusal(error, as_json)
    except CycloptsError as error:
        refusal = TreguaError(
            "TR1001",
            " ".join(str(error).split()),
            where="command line",
            do="tregua --help lists commands and options",
        )
        return print_refusal(refusal, as_json)
    except ModuleNotFoundError as error:
        return print_refusal(_missing(error), as_json)
    except BrokenPipeError:
        return DONE
    except SystemExit as end:
        # So rich leaves a pipe that nobody reads any more.
        if isinstance(end.__context__, BrokenPipeError):
            return DONE
        raise
    except MemoryError:
        refusal = TreguaError(
            "TR2205",
            "this does not fit in memory",
            where="command line",
            do="ask for fewer replicates, or for less in one run",
        )
        return print_refusal(refusal, as_json)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            return print_refusal(output_refused(error), as_json)
        if os.environ.get("TREGUA_DEBUG"):
            raise
        if absent := _absent_device(error):
            return print_refusal(absent, as_json)
        if elsewhere := _fault_of_plugin(error):
            return print_refusal(elsewhere, as_json)
        fault = TreguaError(
            "TR9002",
            "something went wrong inside Tregua",
            found=f"{type(error).__name__}: {error}",
            do="please report it with the command",
        )
        print_refusal(fault, as_json)
        return FAULT
    return status if isinstance(status, int) else DONE


def _check_arguments(arguments: Sequence[str]) -> None:
    """Refuse an argument that is empty, such as a variable of a shell that was never set: it would
    be taken for everything, or for what is done where nothing is said (TR1209); and one with a NUL,
    which no name can hold (TR1001).
    """
    if any("\0" in argument for argument in arguments):
        raise TreguaError(
            "TR1001",
            "an argument holds a character that no name can have",
            where="command line",
            found="a NUL",
        )
    for before, argument in zip(("", *arguments), arguments, strict=False):
        name, _, value = argument.partition("=")
        if not argument.strip() or (name.startswith("--") and "=" in argument and not value):
            option = name.strip() or (before if before.startswith("-") else "")
            raise TreguaError(
                "TR1209",
                "an argument is empty, and that is not everything",
                where=f"command line, {option}" if option else "command line",
                do="say what you mean, or leave it out with its option",
            )


def _stop(number: int, _: FrameType | None) -> None:
    """Stop as Ctrl-C does, so that what is half-written is cleared away; once,
    because a closed terminal says so twice.
    """
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _absent_device(error: Exception) -> TreguaError | None:
    """The refusal of a device that the environment names and that is not there (TR9004); None where
    it names none, or where the error is about something else.
    """
    names = [f"{name}={os.environ[name]}" for name in DEVICES if os.environ.get(name)]
    if not names or not ("backend" in str(error) or _no_devices()):
        return None
    return TreguaError(
        "TR9004",
        "the environment names a device that is not there",
        where="environment, " + ", ".join(names),
        found=str(error).partition("\n")[0],
        do="set it to cpu, or take it out of the environment",
    )


def _fault_of_plugin(error: Exception) -> TreguaError | None:
    """The refusal of a plug-in in whose code an error arose (TR2109); None for any other error."""
    from ..model.registry import plugin_at

    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if plugin := plugin_at(frame.filename):
            return TreguaError(
                "TR2109",
                f"the code of the plug-in {plugin!r} failed",
                where=f"{frame.filename}, line {frame.lineno}",
                found=f"{type(error).__name__}: {error}",
                do="mend it; `tregua.testing.check_mechanism` tests it",
            )
    return None


def _no_devices() -> bool:
    import jax

    try:
        return not jax.devices()
    except Exception:
        return True


def _missing(error: ModuleNotFoundError) -> TreguaError:
    return TreguaError(
        "TR9001",
        f"the package {error.name!r} is not installed",
        do="install Tregua again with all that it needs: pip install --force-reinstall tregua",
    )
