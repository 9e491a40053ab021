"""``python -m tregua`` is the same as ``tregua``."""

from .cli import main

main()
