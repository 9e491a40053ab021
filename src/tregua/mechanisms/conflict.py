r"""Conflict: members of rival groups kill each other.

.. math::
    \text{hazard of being killed} = \theta \sum_h S_{gh} C_{rh}, \qquad
    S_{gh} = \frac{R_{gh} + \varepsilon}{1 + \sum_k A_{gk}}, \quad S_{gg} = 0

R and A count the reports of rivalry and alliance; the alliances of the group that is attacked protect it, so S is not symmetric.
:math:`\varepsilon` is the hostility of a pair without any recorded rivalry. Source: size model of Prieto-Curiel, Campedelli and
Hope (Science 381:1312, 2023), where :math:`\varepsilon = 1`.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from ..mechanism import Mechanism
from ..sources import cite
from ..stocks import DEAD, MEMBERS
from ..types import NONNEGATIVE, Covariate, Flow, LogNormal, Parameter

RIVALRY = Covariate("rivalry", ("group", "group"), "1", "number of reports that two groups are rivals, symmetric")
ALLIANCE = Covariate("alliance", ("group", "group"), "1", "number of reports that two groups are allied, symmetric")


@dataclass(frozen=True)
class Conflict(Mechanism):
    """Groups kill members of rival groups."""

    needs = (MEMBERS, DEAD, RIVALRY, ALLIANCE)
    parameters = (
        Parameter(
            "lethality",
            1.549231e-8,
            "1/(person*week)",
            LogNormal(1.5e-8, 1.0),
            NONNEGATIVE,
            "hazard of death for each enemy and unit of hostility",
            (cite("size-2023", "estimated", "Fitted to weekly deaths 2012-2021; its scale trades off against group size."),),
        ),
        Parameter(
            "baseline",
            1.0,
            "1",
            LogNormal(1.0, 1.0),
            NONNEGATIVE,
            "hostility between two groups without any recorded rivalry",
            (cite("size-2023", "assumed", "Imposed in the published script, so that 36 groups without a tie fight everyone."),),
        ),
    )

    def flows(self):
        """Members killed by rivals."""

        def hazard(v):
            # sum_h (R_gh + eps) C_h without the diagonal, as one product with the shared matrix: R has an empty diagonal.
            enemies = v.members @ v.rivalry.T + v.baseline * (v.total("members", over=("group",)) - v.members)
            return v.lethality * enemies / (1.0 + jnp.sum(v.alliance, axis=1))[None, :]

        return (Flow("killed", "members", "dead", hazard, "members killed by rival groups", "member", "turf war"),)
