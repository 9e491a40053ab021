"""What a mechanism of your own may declare: what :mod:`tregua.model.declarations` has, under a name
that stays where rooms move.
"""

from .model.declarations import *  # noqa: F403
