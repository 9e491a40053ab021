"""Checkpoints: finished chunks of a run, which outlive an interruption."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import zipfile
import zlib
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from .staging import cannot_write

Chunk = dict[str, np.ndarray]


DIGEST = "__digest__"
"""Entry of a file of arrays that says what the others are, and where it was written."""


def _digest(file: Path, arrays: Chunk) -> str:
    """SHA-256 of arrays with their names and the name of the file and its folder, so that two
    files that were swapped are noticed as much as one that was changed.
    """
    digest = hashlib.sha256(f"{file.parent.name}/{file.name}".encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"\0{name}\0{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def write_whole(file: Path, arrays: Chunk, packed: bool = False) -> None:
    """Write arrays into a file that appears whole or not at all, with a digest,
    and make its folder (TR3102 where it cannot be written).

    Args:
        file: to write.
        arrays: by name.
        packed: compressed, which takes longer.
    """
    # The thread's number keeps two workers apart, the process's two runs of the same command.
    part = file.parent / f".{file.stem}-{os.getpid()}-{threading.get_ident()}.part"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            save = np.savez_compressed if packed else np.savez
            save(stream, **arrays, **{DIGEST: np.array(_digest(file, arrays))})  # type: ignore
        os.replace(part, file)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
            file.parent.rmdir()  # Only where it holds nothing.
        raise cannot_write(file.parent, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def read_whole(file: Path) -> Chunk | None:
    """Arrays of a file that :func:`write_whole` wrote; None where there is none,
    or it was cut short, damaged, changed, or put in the place of another.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return arrays if str(arrays.pop(DIGEST)) == _digest(file, arrays) else None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None


class Checkpoint(MutableMapping[int, Chunk]):
    """Checkpoint of one run: its finished chunks by number, each a file of its own,
    so that an interrupted run goes on where it stopped.

    A file appears whole or not at all; one that was cut short, damaged or swapped all the same
    counts as absent and its chunk is run again. The folder must be named after the hash of the
    inputs (:func:`unfinished_folder`), so that chunks of different runs never meet.

    Args:
        folder: where the files lie; it is made when the first chunk is kept.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def _file(self, number: int) -> Path:
        return self.folder / f"chunk-{number:05d}.npz"

    def __getitem__(self, number: int) -> Chunk:
        chunk = read_whole(self._file(number))
        if chunk is None:
            raise KeyError(number)
        return chunk

    def __setitem__(self, number: int, chunk: Chunk) -> None:
        """Keep a finished chunk (TR3102 where it cannot be written)."""
        write_whole(self._file(number), chunk)

    def __delitem__(self, number: int) -> None:
        try:
            self._file(number).unlink()
        except FileNotFoundError as error:
            raise KeyError(number) from error

    def __iter__(self) -> Iterator[int]:
        names = sorted(self.folder.glob("chunk-*.npz"))
        return (
            number
            for number in (int(path.stem.removeprefix("chunk-")) for path in names)
            if number in self
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def discard(self) -> None:
        """Remove all chunks and the folder; nothing happens where there is none."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Latest(MutableMapping[int, Chunk]):
    """Write-back cache of a checkpoint: the latest few finished chunks are held in memory only,
    until they are :meth:`settled <settle>`.

    Writing a chunk down takes seconds, and most runs end well: of these nothing is left on disk but
    the results. What is held is not copied.

    Args:
        checkpoint: where the chunks are written down.
        held: how many may be held in memory.
    """

    def __init__(self, checkpoint: Checkpoint, held: int):
        self._checkpoint, self._most = checkpoint, held
        self._held: dict[int, Chunk] = {}
        self._lock = threading.Lock()

    def __getitem__(self, number: int) -> Chunk:
        return self._held[number] if number in self._held else self._checkpoint[number]

    def __setitem__(self, number: int, chunk: Chunk) -> None:
        with self._lock:
            self._held[number] = chunk
            oldest = next(iter(self._held))
            full = self._held.pop(oldest) if len(self._held) > self._most else None
        if full is not None:
            self._checkpoint[oldest] = full

    def __delitem__(self, number: int) -> None:
        if self._held.pop(number, None) is None:
            del self._checkpoint[number]

    def __iter__(self) -> Iterator[int]:
        return iter(sorted({*self._checkpoint, *self._held}))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def settle(self) -> None:
        """Write down what is held (TR3102 where it cannot be written)."""
        for number in list(self._held):
            self._checkpoint[number] = self._held[number]
            del self._held[number]

    def discard(self) -> None:
        """Forget all chunks."""
        self._held.clear()
        self._checkpoint.discard()


def unfinished_folder(out_parent: Path, digest: str) -> Path:
    """Where the finished chunks of an interrupted run with this hash of inputs lie:
    a hidden folder beside the run folder.
    """
    return Path(out_parent) / f".unfinished-{digest[:12]}"
