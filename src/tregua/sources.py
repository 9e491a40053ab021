"""Evidence for the numbers of a mechanism of your own: what :mod:`tregua.evidence.cite` has, and
what a source is, under a name that stays where rooms move.
"""

from .evidence.cite import assumed, cite, claim
from .model.declarations import Evidence, Source

__all__ = ["Evidence", "Source", "assumed", "cite", "claim"]
