"""The publications that more than one number rests on, named once."""

from __future__ import annotations

SIZE_2023 = (
    "R. Prieto-Curiel, G. M. Campedelli, A. Hope, Reducing cartel recruitment is the only way to lower violence in Mexico, "
    "Science 381(6664):1312-1316 (2023); preprint arXiv 2307.06302"
)
