"""Forecasts of homicides by state and month: a statistical layer learnt from the record alone, its scores beside the baselines, and frozen forecast files."""

from __future__ import annotations

from .layer import layered
from .past import Past, learnt

__all__ = ["Past", "layered", "learnt"]
