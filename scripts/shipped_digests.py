"""Digests of what ships: SHA-256 of every table, posterior and emulator of the package.

``python scripts/shipped_digests.py`` writes ``src/tregua/digests.json`` anew; run it after a change
of one of these files. With ``--check`` it says whether the file is true (exit status 1 if not).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "tregua"
FILE = PACKAGE / "digests.json"
ENDINGS = (".csv", ".npz", ".json")


def text() -> str:
    """What the file should say."""
    files = sorted(path for path in PACKAGE.rglob("*") if path.suffix in ENDINGS and path != FILE)
    digests = {
        path.relative_to(PACKAGE).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    return json.dumps(digests, indent=2) + "\n"


def main() -> int:
    """Write the file, or check it."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    reader.add_argument("--check", action="store_true", help="say whether the file is true")
    if not reader.parse_args().check:
        FILE.write_text(text(), encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") == text():
        return 0
    print(f"{FILE.name} is not that of the files that ship: run scripts/shipped_digests.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
