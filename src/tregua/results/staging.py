"""Atomic writing of a folder: it appears whole or not at all, and nothing of others is lost."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import TreguaError

try:
    import fcntl
except ImportError:
    # Windows. Nothing is swept there, because nobody could tell what is in use: what a killed
    # process left stays until somebody deletes it.
    fcntl = None  # type: ignore[assignment]

MANIFEST = "manifest.json"
"""The file by which a folder is known to be a run's."""

WRITTEN: list[Path] = []
"""Folders that this process has put in place, for what is said when it is interrupted."""


@contextmanager
def staged(folder: Path, replace: bool) -> Iterator[Path]:
    """Atomic writing: a folder that appears whole or not at all.

    The body writes into a temporary folder beside ``folder``. When the body ends, the manifest is
    given a list of the files written, all is brought to the disk, and the folder is renamed, in one
    step; when anything is raised, an interrupt included, it is removed and ``folder`` is as it was
    before. What a process that was killed has left beside ``folder`` is cleared away first, on
    systems with locks.

    Args:
        folder: the folder to make; its parents are made where they are missing.
        replace: put the new folder in the place of an old run. Anything that is no run is never
            replaced, and files in the old run that Tregua did not write are taken over into the new
            one.

    Raises:
        TreguaError: TR3101 where ``folder`` exists and may not be replaced, TR3102 where nothing
            can be written there, TR3105 where a file would be lost that somebody has changed or
            that has the name of a new one.
    """
    folder = Path(os.path.abspath(folder))
    check_free(folder, replace)
    temporary, lock = None, -1
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        temporary, lock = _claim(folder)
        yield temporary
        check_free(folder, replace)
        _list_files(temporary)
        if folder.is_dir():
            _take_over(folder, temporary)
        _bring_to_disk(temporary)
        _put_in_place(temporary, folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if lock >= 0:
            os.close(lock)


def check_free(folder: Path, replace: bool) -> None:
    """Refuse a folder that may not be replaced: a slip of the hand must not delete what is not
    ours (TR3101, TR3105).
    """
    try:
        if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
            return
        ours = folder.is_dir() and (folder / MANIFEST).is_file()
        changed = _changed(folder) if ours and replace else []
    except OSError as error:
        raise cannot_write(folder, error) from error
    if not ours:
        raise TreguaError(
            "TR3101",
            "something that is no run lies where the run folder should be",
            found=folder,
            do="give another --out",
        )
    if not replace:
        raise TreguaError(
            "TR3101",
            "the run folder exists already",
            found=folder,
            do="give another --out, or --replace to put the new run in its place",
        )
    if changed:
        raise _would_be_lost(
            folder,
            (
                "files of this run have been changed since it was written, and "
                "replacing it would lose them"
            ),
            changed,
        )


def _would_be_lost(folder: Path, what: str, names: list[str]) -> TreguaError:
    return TreguaError(
        "TR3105",
        what,
        where=str(folder),
        found=", ".join(names),
        do="rename or move them, or give another --out",
    )


def _files(folder: Path) -> dict[str, Path]:
    """All files below a folder, links included, by their name in it."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }


def _digest(path: Path) -> str:
    """SHA-256 of a file; empty for what is none, such as a link."""
    return (
        ""
        if path.is_symlink() or not path.is_file()
        else hashlib.sha256(path.read_bytes()).hexdigest()
    )


def _list_files(folder: Path) -> None:
    """Add the name and digest of every file to the manifest,
    so that what others put there or changed is known later.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return
    listed = {name: _digest(path) for name, path in _files(folder).items() if name != MANIFEST}
    (folder / MANIFEST).write_text(
        json.dumps({**manifest, "files": listed}, indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


def _bring_to_disk(folder: Path) -> None:
    """Wait until all files of a folder are on the disk: some systems say only then that it is
    full, and a power cut must not leave a folder with empty files.
    """
    for path in (*(path for path in _files(folder).values() if not path.is_symlink()), folder):
        if os.name != "posix" and path.is_dir():
            continue
        handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _listed(folder: Path) -> dict[str, str]:
    """Files that Tregua wrote into a run folder, with their digests;
    none where the manifest does not say.
    """
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("files", {})
    except (ValueError, AttributeError):
        return {}
    return files if isinstance(files, dict) else {}


def _changed(folder: Path) -> list[str]:
    """Files that Tregua wrote into a run folder and somebody changed."""
    return [
        name
        for name, digest in _listed(folder).items()
        if os.path.lexists(folder / name) and _digest(folder / name) != digest
    ]


def _take_over(old: Path, new: Path) -> None:
    """Put files of the old folder that Tregua did not write into the new one as well.

    A folder of a version that kept no list is taken to hold the files that the new run writes
    again, and others' besides.
    """
    listed, written = _listed(old), _files(new)
    others = {
        name: path for name, path in _files(old).items() if name not in listed and name != MANIFEST
    }
    lost = [name for name in others if name in written] if listed else []
    if lost:
        raise _would_be_lost(
            old, "files that Tregua did not write have the names of files of the new run", lost
        )
    for name, path in others.items():
        if name not in written:
            place = new / name
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, place, follow_symlinks=False)
            except (OSError, NotImplementedError):
                shutil.copy2(path, place, follow_symlinks=False)


def beside(folder: Path, ending: str) -> Path:
    """A new hidden name beside a folder, by which what was left there is known."""
    return folder.parent / f".{folder.name}-{secrets.token_hex(4)}.tregua-{ending}"


def _claim(folder: Path) -> tuple[Path, int]:
    """A new temporary folder, and the lock by which others see that it is in use;
    the lock ends with the process.
    """
    while True:
        temporary = beside(folder, "new")
        temporary.mkdir()
        try:
            lock = _locked(temporary)
        except OSError:
            # No locks on this system or file system: nothing is ever swept here either.
            return temporary, -1
        if lock is not None:
            return temporary, lock


def _locked(folder: Path) -> int | None:
    """A lock on a folder, as an open file; None where somebody else has it or has
    removed the folder.

    The lock is on the folder itself, which needs no file beside it that a killed process would
    leave behind, and goes with it when it is renamed.

    Raises:
        OSError: where the system or the file system has no such locks.
    """
    if fcntl is None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    lock = None
    try:
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), os.stat(folder)):
            held, lock = lock, None
            return held
    except (FileNotFoundError, BlockingIOError):
        pass
    finally:
        if lock is not None:
            os.close(lock)
    return None


def _sweep(parent: Path) -> None:
    """Clear away what killed processes left in a folder: half a new run goes, an old run that was
    set aside comes back where none took its place.
    """
    for path in parent.glob(".*.tregua-*"):
        kind = re.fullmatch(r"\.(.+)-[0-9a-f]{8}\.tregua-(new|old)", path.name)
        if not kind or path.is_symlink():
            continue
        lock = None
        with suppress(OSError):
            lock = _locked(path)
        if lock is None:
            continue
        try:
            if kind[2] == "old" and not os.path.lexists(parent / kind[1]):
                os.rename(path, parent / kind[1])
            else:
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Locking of a folder for as long as the body runs, where the system has locks."""
    if fcntl is None:
        yield
        return
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def rewritten(folder: Path, name: str, text: str, replace: bool) -> None:
    """Write one file of a run folder again, in one step, and its digest into the manifest.

    Args:
        folder: a run folder.
        name: of the file.
        text: what it holds.
        replace: also where somebody has changed the file.

    Raises:
        TreguaError: TR3105 where the file was changed, TR3102 where nothing can be written there.
    """
    if name in _changed(folder) and not replace:
        raise TreguaError(
            "TR3105",
            "this file of the run has been changed since it was written",
            where=str(folder),
            found=name,
            do="rename or move it, or give --replace",
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        listed = {**manifest, "files": {**manifest.get("files", {}), name: digest}}
        record = json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
        for file, content in ((name, text), (MANIFEST, record)):
            new = beside(folder / file, "new")
            try:
                new.write_bytes(content.encode())
                os.replace(new, folder / file)
            finally:
                new.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Swap a finished folder for the old one, which comes back if the second step fails."""
    if not folder.exists():
        os.rename(temporary, folder)
        WRITTEN.append(folder)
        return
    old = beside(folder, "old")
    # Locked under its own name already: under the new one another process would take it for
    # left over.
    with _in_use(folder):
        os.rename(folder, old)
        try:
            os.rename(temporary, folder)
        except BaseException:
            with suppress(OSError):
                os.rename(old, folder)
            raise
        WRITTEN.append(folder)
        shutil.rmtree(old, ignore_errors=True)


def cannot_write(folder: Path, error: OSError) -> TreguaError:
    """The refusal where a folder cannot be written (TR3102)."""
    reason = error.strerror or str(error)
    return TreguaError(
        "TR3102",
        "the results cannot be written there",
        where=str(folder),
        found=reason,
        expected="a folder that you may write to, on a disk with room",
        do="free some room or give another --out; no run folder was written",
    )
