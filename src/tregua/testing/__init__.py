"""Tests for mechanisms of your own: the contract that those that ship keep, in one line.

>>> from tregua.testing import check_mechanism
>>> check_mechanism(tregua.registry()["recruitment"])
"""

from .contract import check_mechanism

__all__ = ["check_mechanism"]
