"""Nothing half-written: folders that appear whole or not at all, and finished chunks that outlive an interrupted run."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import zipfile
import zlib
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from .errors import TreguaError

MANIFEST = "manifest.json"
"""The file by which a folder is known to be a run's."""

Chunk = dict[str, np.ndarray]


class Checkpoint(MutableMapping[int, Chunk]):
    """Finished chunks of one run by number, each a file of its own, so that an interrupted run goes on where it stopped.

    A file appears whole or not at all; one that was cut short or damaged all the same counts as absent and its chunk is run again. The folder must be
    named after the hash of the inputs (:func:`unfinished_folder`), so that chunks of different runs never meet.

    Args:
        folder: where the files lie; it is made when the first chunk is kept.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def _file(self, number: int) -> Path:
        return self.folder / f"chunk-{number:05d}.npz"

    def __getitem__(self, number: int) -> Chunk:
        try:
            with np.load(self._file(number), allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise KeyError(number) from error

    def __setitem__(self, number: int, chunk: Chunk) -> None:
        """Keep a finished chunk (TR3102 where it cannot be written)."""
        # The thread's number keeps two workers apart, the process's two runs of the same command.
        part = self.folder / f".{number}-{os.getpid()}-{threading.get_ident()}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez(file, **chunk)  # type: ignore[arg-type]
            os.replace(part, self._file(number))
        except OSError as error:
            raise _cannot_write(self.folder, error) from error
        finally:
            with suppress(OSError):
                part.unlink()

    def __delitem__(self, number: int) -> None:
        try:
            self._file(number).unlink()
        except FileNotFoundError as error:
            raise KeyError(number) from error

    def __iter__(self) -> Iterator[int]:
        names = sorted(self.folder.glob("chunk-*.npz"))
        return (number for number in (int(path.stem.removeprefix("chunk-")) for path in names) if number in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def discard(self) -> None:
        """Remove all chunks and the folder; nothing happens where there is none."""
        shutil.rmtree(self.folder, ignore_errors=True)


def unfinished_folder(out_parent: Path, digest: str) -> Path:
    """Where the finished chunks of an interrupted run with this hash of inputs lie: a hidden folder beside the run folder."""
    return Path(out_parent) / f".unfinished-{digest[:12]}"


@contextmanager
def staged(folder: Path, replace: bool) -> Iterator[Path]:
    """A folder that appears whole or not at all.

    The body writes into a temporary folder beside ``folder``. When the body ends it is renamed, in one step; when anything is raised, an interrupt
    included, it is removed and ``folder`` is as it was before.

    Args:
        folder: the folder to make; its parents are made where they are missing.
        replace: put the new folder in the place of an old run. Anything that is no run is never replaced.

    Raises:
        TreguaError: TR3101 where ``folder`` exists and may not be replaced, TR3102 where nothing can be written there.
    """
    folder = Path(os.path.abspath(folder))
    temporary = folder.parent / f".{folder.name}-{secrets.token_hex(4)}"
    _check_free(folder, replace)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        yield temporary
        _check_free(folder, replace)
        _put_in_place(temporary, folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_free(folder: Path, replace: bool) -> None:
    """Refuse a folder that may not be replaced: a slip of the hand must not delete what is not ours."""
    try:
        if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
            return
        ours = folder.is_dir() and (folder / MANIFEST).is_file()
    except OSError as error:
        raise _cannot_write(folder, error) from error
    if not ours:
        raise TreguaError("TR3101", "something that is no run lies where the run folder should be", found=folder, do="give another --out")
    if not replace:
        raise TreguaError("TR3101", "the run folder exists already", found=folder, do="give another --out, or --replace to put the new run in its place")


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Swap a finished folder for the old one, which comes back if the second step fails."""
    if not folder.exists():
        os.rename(temporary, folder)
        return
    old = folder.parent / f".{folder.name}-{secrets.token_hex(4)}"
    os.rename(folder, old)
    try:
        os.rename(temporary, folder)
    except BaseException:
        with suppress(OSError):
            os.rename(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _cannot_write(folder: Path, error: OSError) -> TreguaError:
    reason = error.strerror or str(error)
    return TreguaError(
        "TR3102",
        "the results cannot be written there",
        where=str(folder),
        found=reason,
        expected="a folder that you may write to, on a disk with room",
        do="free some room or give another --out; nothing was left behind",
    )
