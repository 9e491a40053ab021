"""Stocks, levels and covariates for mechanisms of your own: what :mod:`tregua.model.vocabulary`
has, under a name that stays where rooms move.
"""

from .model.vocabulary import *  # noqa: F403
