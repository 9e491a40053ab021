"""Forecasting: homicides by territory and month from a statistical layer, beside simple baselines.

Forecasts, their scores and frozen files are made here, without mechanisms.
"""

from __future__ import annotations

from .layer import layered
from .past import Past, learnt

__all__ = ["Past", "layered", "learnt"]
