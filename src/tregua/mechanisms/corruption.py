r"""Corruption: groups buy and frighten officers of three corps, kill others, and so gain a shield.

Officers of corps k in territory r who serve no group enter the service of group g with the hazard

.. math::
    \beta \, s_{rg} \, P_{rkg}, \qquad s_{rg} = M_{rg} / \textstyle\sum_h M_{rh}, \qquad
    P_{rkg} = \frac{1}{1 + \exp(c_k - b B_g - q v_r)}

with :math:`\beta` the rate at which an officer is approached, :math:`B_g` what the group can pay (1 at the start) and :math:`v_r` the killings of members a
year for each officer, which say how credible a threat is. Money, fear and the cost :math:`c_k` of complying (detection, conscience) are counted in units of
the spread of officers' characters, so that there is no temperature besides. The bond ends with the hazard :math:`\lambda + \mu / (1 + M_{rg})`: by
itself, and soon where nobody of the group is left. An officer who works for nobody is killed with the hazard :math:`\ell_k \sum_g M_{rg} / N_r`, with
:math:`N_r` all who serve. Two levels are written with a short delay: the shield of a group, which is its share of all officers weighted by corps, and its
share of prison guards, which are taken to be compromised like the corps, weighted.

Source: the choice between bribe and punishment is that of Dal Bó, Dal Bó and Di Tella (APSR 100:41, 2006), a theory that gives directions and no number.
That a compromised force shields the group of the place is alleged (C11), that police work with groups in many places is an opinion (C15), that the state
corps are worst is the president's view and the article's (C47, C49), and that prison staff helped escapes is reported (C42, C48, C50, C51).

Simplifications: an officer serves one group, tests make him neither easier nor harder to buy, no group kills the officers of another, and killing does not
depend on what the officers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from ..mechanism import Mechanism
from ..sources import assumed, cite, claim
from ..stocks import (
    BRIBES,
    COMPROMISED,
    DEAD_OTHERS,
    FAILED,
    FOOTHOLD,
    FOUND_OUT,
    GUARDS,
    HONEST,
    MEMBERS,
    POLICE,
    SHIELD,
    UNDETECTED,
    VETTED,
    VIOLENCE,
)
from ..types import NONNEGATIVE, UNIT_INTERVAL, Beta, Drift, Flow, LogNormal, Parameter, Uniform

WEEKS_IN_YEAR = 52.18
NOBODY = 1e-9
"""Smallest weight or number of persons to divide by: keeps an empty place finite and changes nothing else."""

PARAMETERS = (
    Parameter(
        "at_start",
        0.15,
        "1",
        Beta(2.0, 10.0),
        UNIT_INTERVAL,
        "share of the officers of a corps who work for a group at the start",
        (
            claim("C53", "About 65,000 of 180,000 tested had failed in 2012: with any usual test a share of this size, if the compromised were tested first."),
            claim("C47", "The president calls the state corps the vulnerable ones, so a data set should give them more than the others."),
            claim("C49", "The article says the same of the state level."),
        ),
        axes=("corps",),
    ),
    Parameter(
        "approach",
        0.0025,
        "1/week",
        LogNormal(0.0025, 0.7),
        NONNEGATIVE,
        "rate at which an officer gets an offer or a threat, in a territory that has a group",
        (assumed("One approach in eight years: with the other defaults it keeps the compromised share of the start where it is."),),
    ),
    Parameter(
        "bribe",
        1.0,
        "1",
        LogNormal(1.0, 0.5),
        NONNEGATIVE,
        "what the bribe of an ordinary group is worth to an officer, in units of the spread of characters",
        (cite("dal-bo-2006", "assumed", "The theory says that a larger bribe makes more officials comply; it gives no size."),),
    ),
    Parameter(
        "threat",
        20.0,
        "year",
        LogNormal(20.0, 1.0),
        NONNEGATIVE,
        "what one killing a year for each officer adds to the wish to comply, in units of the spread of characters",
        (
            cite(
                "dal-bo-2006",
                "assumed",
                "The theory says that threats lower the bribe needed; it gives no size. At the national rate of killing of 2012 this is a quarter of a bribe.",
            ),
        ),
    ),
    Parameter(
        "cost",
        2.0,
        "1",
        Uniform(0.5, 6.0),
        NONNEGATIVE,
        "what complying costs an officer of a corps by risk and conscience, in units of the spread of characters",
        (
            assumed("With one bribe and no violence a quarter of those approached comply."),
            claim("C54", "At federal level few fail, so a data set should give the federal corps a higher cost."),
        ),
        axes=("corps",),
    ),
    Parameter(
        "lapse",
        1.0 / 260.0,
        "1/week",
        LogNormal(1.0 / 260.0, 0.5),
        NONNEGATIVE,
        "hazard that an officer's service to a group ends by itself",
        (assumed("Five years: about the time an officer stays in one post and a group in one place."),),
    ),
    Parameter(
        "desertion",
        1.0 / 26.0,
        "1/week",
        LogNormal(1.0 / 26.0, 0.5),
        NONNEGATIVE,
        "further hazard that it ends where nobody of the group is left; it falls with each member there",
        (assumed("Half a year without a paymaster."),),
    ),
    Parameter(
        "lethality",
        4.2e-5,
        "1/week",
        LogNormal(4.2e-5, 0.4),
        NONNEGATIVE,
        "officers of a corps killed a week for each member of a group, if all officers were of that corps",
        (
            cite(
                "ppd-2011",
                "measured",
                "532 municipal, 372 state and 175 federal police killed in five years, 4.1 a week in all. Divided by 100,000 members; by corps and "
                "its size that is 5.3e-5, 2.7e-5 and 8.7e-5.",
            ),
        ),
        axes=("corps",),
    ),
    Parameter(
        "weight",
        1.0,
        "1",
        LogNormal(1.0, 0.3),
        NONNEGATIVE,
        "how much an officer of a corps counts in the shield of a group",
        (claim("C11", "Police and military presence is said to protect the group of the place; nothing says which corps protects most."),),
        axes=("corps",),
    ),
    Parameter(
        "guards_like",
        1.0 / 3.0,
        "1",
        LogNormal(1.0 / 3.0, 0.5),
        NONNEGATIVE,
        "share of the prison guards who work for a group, for each unit of its share of the officers of a corps",
        (
            claim("C42", "Staff are suspected of having helped 131 inmates to escape from a state prison."),
            claim("C50", "41 guards were sentenced after the escape of 153."),
            claim("C51", "9 guards admitted helping 30 to escape."),
            assumed("All corps alike. State prisons are guarded by state staff, so a data set may put all weight on the state corps, with a factor."),
        ),
        axes=("corps",),
    ),
    Parameter(
        "delay",
        1.0,
        "week",
        Uniform(1.0, 4.0),
        (1.0, 52.0),
        "time in which shield and guards follow the officers",
        (assumed("A bought officer acts at once."),),
    ),
)


@dataclass(frozen=True)
class Corruption(Mechanism):
    """Officers are bought, frightened or killed."""

    needs = (HONEST, VETTED, FAILED, COMPROMISED, UNDETECTED, FOUND_OUT, MEMBERS, DEAD_OTHERS, SHIELD, GUARDS, BRIBES, VIOLENCE, POLICE, FOOTHOLD)
    parameters = PARAMETERS
    claims: ClassVar[tuple[str, ...]] = ("C11", "C15", "C42", "C47", "C48", "C49", "C50", "C51", "C58")

    def flows(self):
        """Officers who enter and leave the service of a group, and officers killed."""
        # The rare ones come first: the last flow of a stock takes what the others leave, and a small remainder of large numbers is not exact.
        return (
            *(
                Flow(f"killed_{stock}", stock, "dead_others", _attack, f"{stock} officers killed by groups", "police", "attack on forces")
                for stock in ("honest", "vetted", "failed")
            ),
            Flow("bought", "honest", "compromised", _bought, "officers who enter the service of a group"),
            Flow("bought_tested", "vetted", "undetected", _bought, "officers with a valid test who enter the service of a group"),
            Flow("bought_failed", "failed", "found_out", _bought, "officers who failed a test, and enter the service of a group"),
            Flow("lapsed", "compromised", "honest", _lapse, "officers whose service to a group ends"),
            Flow("lapsed_tested", "undetected", "vetted", _lapse, "officers with a valid test whose service to a group ends"),
            Flow("lapsed_failed", "found_out", "failed", _lapse, "officers who failed a test, and whose service to a group ends"),
        )

    def drifts(self):
        """What the officers in its service give a group."""

        def shield(v):
            weighted = jnp.sum(v.weight[None, :] * _serving(v), axis=1)
            theirs = jnp.sum(v.weight[None, :, None] * _bad(v), axis=1)
            return (theirs / jnp.maximum(weighted, NOBODY)[:, None] - v.shield) / v.delay

        def guards(v):
            share = _bad(v) / jnp.maximum(_serving(v), 1.0)[:, :, None]
            target = jnp.sum(v.guards_like[None, :, None] * share, axis=1)
            # Shares of different groups together cannot exceed all guards.
            return (target / jnp.maximum(jnp.sum(target, axis=1, keepdims=True), 1.0) - v.guards) / v.delay

        return (
            Drift("shield", shield, "the shield follows the officers in the service of a group"),
            Drift("guards", guards, "guards follow the officers in the service of a group"),
        )

    def initial(self, view, draw):
        """All officers, none of them tested; those in the service of a group are spread like its footholds, or Poisson draws around that."""
        whole = jnp.maximum(jnp.sum(view.foothold, axis=1, keepdims=True), NOBODY)
        mean = (view.at_start[None, :] * view.police)[:, :, None] * (view.foothold / whole)[:, None, :]
        compromised = draw.poisson("corruption.compromised", mean)
        officers = jnp.round(view.police) if draw.whole else view.police
        return {"compromised": compromised, "honest": jnp.maximum(officers - jnp.sum(compromised, axis=2), 0.0)}


def _bad(v):
    """Officers in the service of each group: shape (territory, corps, group)."""
    return v.compromised + v.undetected + v.found_out


def _serving(v):
    """All officers on duty: shape (territory, corps)."""
    return v.honest + v.vetted + v.failed + jnp.sum(_bad(v), axis=2)


def _bought(v):
    """Hazard of entering the service of each group [1/week]: shape (territory, corps, group)."""
    share = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    officers = jnp.maximum(jnp.sum(_serving(v), axis=1), 1.0)
    fear = v.threat * WEEKS_IN_YEAR * v.violence / officers
    wish = v.bribe * v.bribes[None, None, :] + fear[:, None, None] - v.cost[None, :, None]
    return v.approach * share[:, None, :] * jax.nn.sigmoid(wish)


def _lapse(v):
    """Hazard that the service to a group ends [1/week]: shape (territory, 1, group)."""
    return (v.lapse + v.desertion / (1.0 + v.members))[:, None, :]


def _attack(v):
    """Hazard of being killed [1/week] of an officer who works for nobody: shape (territory, corps)."""
    officers = jnp.maximum(jnp.sum(_serving(v), axis=1), 1.0)
    return v.lethality[None, :] * (jnp.sum(v.members, axis=1) / officers)[:, None]
