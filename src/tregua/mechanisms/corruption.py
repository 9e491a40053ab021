r"""Corruption: groups buy and frighten officers of the police, kill others, and so gain a shield.

Officers are counted by territory r and corps k, and the share :math:`\pi_{rg}` of the compromised
who work for group g by territory. Those who serve no group enter the service of group g with the
hazard

.. math::
    \beta_{rkg} = \beta \, s_{rg} \, P_{rkg}, \qquad
        s_{rg} = M_{rg} / \textstyle\sum_h M_{rh}, \qquad
    P_{rkg} = \frac{1}{1 + \exp(c_k - b B_g - q v_r)}

with :math:`\beta` the rate at which an officer is approached, :math:`B_g` what the group can pay (1
at the start) and :math:`v_r` the killings of members a year for each officer, which say how
credible a threat is. Money, fear and the cost :math:`c_k` of complying (detection, conscience) are
counted in units of the spread of officers' characters, so that there is no temperature besides. The
bond ends with the hazard :math:`\lambda_{rg} = \lambda + \mu / (1 + M_{rg})`: by itself, and soon
where nobody of the group is left. So officers of a corps become compromised with the hazard
:math:`\sum_g \beta_{rkg}` and cease to be with :math:`\sum_g \pi_{rg} \lambda_{rg}`, and of the C
compromised, joined by :math:`I_g = \sum_k U_{rk} \beta_{rkg}` a week out of those who serve nobody,
U,

.. math::
    \frac{d\pi_{rg}}{dt} = \frac{I_g - \pi_{rg} I}{C + \delta I} - \pi_{rg}
        \Big(\lambda_{rg} - \sum_h \pi_{rh} \lambda_{rh}\Big), \qquad I = \sum_g I_g

which with :math:`\delta = 0` is the expected composition of the stock if all corps share it; the
delay :math:`\delta` only bounds how fast an almost empty stock turns over. At the start :math:`\pi`
is the share of the footholds. The level ``patrons`` holds the difference to that, so that it starts
at zero.

An officer who works for nobody is killed with the hazard :math:`\ell_k \sum_g M_{rg} / N_r`, with
:math:`N_r` all who serve. Two levels are written with a short delay: the shield of a group, which
is its share of all officers weighted by corps, and its share of prison guards, which are taken to
be compromised like the corps, weighted.

Source: the choice between bribe and punishment is that of Dal Bó, Dal Bó and Di Tella (APSR 100:41,
2006), a theory that gives directions and no number. That a compromised force shields the group of
the place is alleged (C11), that police work with groups in many places is an opinion (C15), that
the state corps are worst is the president's view and the article's (C47, C49), and that prison
staff helped escapes is reported (C42, C48, C50, C51).

Simplifications: an officer serves one group; who serves which is known as a share of all in a
territory, the same in each corps and whatever a test said, and without chance of its own; tests
make him neither easier nor harder to buy, no group kills the officers of another, and killing does
not depend on what the officers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import (
    NONNEGATIVE,
    UNIT_INTERVAL,
    Beta,
    Drift,
    Flow,
    LogNormal,
    Parameter,
    Uniform,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    BRIBES,
    COMPROMISED,
    DEAD_OTHERS,
    FAILED,
    FOOTHOLD,
    FOUND_OUT,
    GUARDS,
    HONEST,
    MEMBERS,
    PATRONS,
    PLACE,
    PLACE_AND_CORPS,
    POLICE,
    SHIELD,
    UNDETECTED,
    VETTED,
    VIOLENCE,
    largest_and_parts,
)

WEEKS_IN_YEAR = 52.18
NOBODY = 1e-9
"""Smallest weight or number of persons to divide by:
keeps an empty place finite and changes nothing else.
"""
MOST_COST = 60.0
"""Cost of complying beyond which nobody complies anyway: keeps its exponential finite."""

PARAMETERS = (
    Parameter(
        "at_start",
        0.15,
        "1",
        Beta(2.0, 10.0),
        UNIT_INTERVAL,
        "share of the officers of a corps who work for a group at the start",
        (
            claim(
                "C53",
                (
                    "About 65,000 of 180,000 tested had failed in 2012: with any usual test a "
                    "share of this size, if the compromised were tested first."
                ),
            ),
            claim(
                "C47",
                (
                    "The president calls the state corps the vulnerable ones, so a data set "
                    "should give them more than the others."
                ),
            ),
            claim("C49", "The article says the same of the state level."),
        ),
        axes=PLACE_AND_CORPS,
    ),
    Parameter(
        "approach",
        0.0025,
        "1/week",
        LogNormal(0.0025, 0.7),
        NONNEGATIVE,
        "rate at which an officer gets an offer or a threat, in a territory that has a group",
        (
            assumed(
                "One approach in eight years: with the other defaults it keeps the compromised "
                "share of the start where it is."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "bribe",
        1.0,
        "1",
        LogNormal(1.0, 0.5),
        NONNEGATIVE,
        (
            "what the bribe of an ordinary group is worth to an officer, in units of "
            "the spread of characters"
        ),
        (
            cite(
                "dal-bo-2006",
                "assumed",
                (
                    "The theory says that a larger bribe makes more officials "
                    "comply; it gives no size."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "threat",
        20.0,
        "year",
        LogNormal(20.0, 1.0),
        NONNEGATIVE,
        (
            "what one killing a year for each officer adds to the wish to comply, in units of "
            "the spread of characters"
        ),
        (
            cite(
                "dal-bo-2006",
                "assumed",
                (
                    "The theory says that threats lower the bribe needed; it gives no size. At "
                    "the national rate of killing of 2012 this is a quarter of a bribe."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "cost",
        2.0,
        "1",
        Uniform(0.5, 6.0),
        NONNEGATIVE,
        (
            "what complying costs an officer of a corps by risk and conscience, in units of "
            "the spread of characters"
        ),
        (
            assumed("With one bribe and no violence a quarter of those approached comply."),
            claim(
                "C54",
                (
                    "At federal level few fail, so a data set should give the "
                    "federal corps a higher cost."
                ),
            ),
        ),
        axes=PLACE_AND_CORPS,
    ),
    Parameter(
        "lapse",
        1.0 / 260.0,
        "1/week",
        LogNormal(1.0 / 260.0, 0.5),
        NONNEGATIVE,
        "hazard that an officer's service to a group ends by itself",
        (
            assumed(
                "Five years: about the time an officer stays in one post and a group in one place."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "desertion",
        1.0 / 26.0,
        "1/week",
        LogNormal(1.0 / 26.0, 0.5),
        NONNEGATIVE,
        (
            "further hazard that it ends where nobody of the group is left; it falls "
            "with each member there"
        ),
        (assumed("Half a year without a paymaster."),),
        axes=PLACE,
    ),
    Parameter(
        "lethality",
        4.2e-5,
        "1/week",
        LogNormal(4.2e-5, 0.4),
        NONNEGATIVE,
        (
            "officers of a corps killed a week for each member of a group, if all "
            "officers were of that corps"
        ),
        (
            cite(
                "ppd-2011",
                "measured",
                (
                    "532 municipal, 372 state and 175 federal police killed in five years, 4.1 a "
                    "week in all. Divided by 100,000 members; by corps and its size that is "
                    "5.3e-5, 2.7e-5 and 8.7e-5."
                ),
            ),
        ),
        axes=PLACE_AND_CORPS,
    ),
    Parameter(
        "weight",
        1.0,
        "1",
        LogNormal(1.0, 0.3),
        NONNEGATIVE,
        "how much an officer of a corps counts in the shield of a group",
        (
            claim(
                "C11",
                (
                    "Police and military presence is said to protect the group of the place; "
                    "nothing says which corps protects most."
                ),
            ),
        ),
        axes=PLACE_AND_CORPS,
    ),
    Parameter(
        "guards_like",
        1.0 / 3.0,
        "1",
        LogNormal(1.0 / 3.0, 0.5),
        NONNEGATIVE,
        (
            "share of the prison guards who work for a group, for each unit of its share of "
            "the officers of a corps"
        ),
        (
            claim(
                "C42",
                "Staff are suspected of having helped 131 inmates to escape from a state prison.",
            ),
            claim("C50", "41 guards were sentenced after the escape of 153."),
            claim("C51", "9 guards admitted helping 30 to escape."),
            assumed(
                "All corps alike. State prisons are guarded by state staff, so a data set may put "
                "all weight on the state corps, with a factor."
            ),
        ),
        axes=PLACE_AND_CORPS,
    ),
    Parameter(
        "delay",
        1.0,
        "week",
        Uniform(1.0, 4.0),
        (1.0, 52.0),
        (
            "time in which shield and guards follow the officers, and the shortest in which those "
            "a group has bought turn over"
        ),
        (assumed("A bought officer acts at once."),),
        axes=PLACE,
    ),
)


@dataclass(frozen=True)
class Corruption(Mechanism):
    """Officers are bought, frightened or killed."""

    needs = (
        HONEST,
        VETTED,
        FAILED,
        COMPROMISED,
        UNDETECTED,
        FOUND_OUT,
        MEMBERS,
        DEAD_OTHERS,
        PATRONS,
        SHIELD,
        GUARDS,
        BRIBES,
        VIOLENCE,
        POLICE,
        FOOTHOLD,
    )
    parameters = PARAMETERS
    claims: ClassVar[tuple[str, ...]] = (
        "C11",
        "C15",
        "C42",
        "C47",
        "C48",
        "C49",
        "C50",
        "C51",
        "C58",
    )

    def flows(self):
        """Officers who enter and leave the service of a group, and officers killed."""
        # The rare ones come first: the last flow of a stock takes what the others leave, and a
        # small remainder of large numbers is not exact.
        return (
            *(
                Flow(
                    f"killed_{stock}",
                    stock,
                    "dead_others",
                    _attack,
                    f"{stock} officers killed by groups",
                    "police",
                    "attack on forces",
                )
                for stock in ("honest", "vetted", "failed")
            ),
            Flow(
                "bought",
                "honest",
                "compromised",
                _bought,
                "officers who enter the service of a group",
            ),
            Flow(
                "bought_tested",
                "vetted",
                "undetected",
                _bought,
                "officers with a valid test who enter the service of a group",
            ),
            Flow(
                "bought_failed",
                "failed",
                "found_out",
                _bought,
                "officers who failed a test, and enter the service of a group",
            ),
            Flow(
                "lapsed", "compromised", "honest", _lapse, "officers whose service to a group ends"
            ),
            Flow(
                "lapsed_tested",
                "undetected",
                "vetted",
                _lapse,
                "officers with a valid test whose service to a group ends",
            ),
            Flow(
                "lapsed_failed",
                "found_out",
                "failed",
                _lapse,
                "officers who failed a test, and whose service to a group ends",
            ),
        )

    def drifts(self):
        """What the officers in its service give a group."""

        def shield(v):
            weighted, bad = (jnp.sum(v.weight * x, axis=1) for x in (_serving(v), _bad(v)))
            return (
                (bad / jnp.maximum(weighted, NOBODY))[:, None] * _patrons(v) - v.shield
            ) / v.delay[:, None]

        def guards(v):
            bad = jnp.sum(v.guards_like * _bad(v) / jnp.maximum(_serving(v), 1.0), axis=1)
            # Shares of different groups together cannot exceed all guards.
            return (jnp.minimum(bad, 1.0)[:, None] * _patrons(v) - v.guards) / v.delay[:, None]

        return (
            Drift(
                "patrons",
                _turnover,
                (
                    "whom the compromised work for follows those newly bought and "
                    "those who cease to serve"
                ),
            ),
            Drift("shield", shield, "the shield follows the officers in the service of a group"),
            Drift("guards", guards, "guards follow the officers in the service of a group"),
        )

    def initial(self, view, draw):
        """All officers, none of them tested; of those where a group has a foothold a share works
        for one, or Poisson draws around it.
        """
        held = jnp.sum(view.foothold, axis=1, keepdims=True) > 0.0
        officers = jnp.round(view.police) if draw.whole else view.police
        compromised = jnp.minimum(
            draw.poisson(
                "corruption.compromised", jnp.where(held, view.at_start * view.police, 0.0)
            ),
            officers,
        )
        return {"compromised": compromised, "honest": officers - compromised}


def _bad(v):
    """Officers in the service of some group: shape (territory, corps)."""
    return v.compromised + v.undetected + v.found_out


def _serving(v):
    """All officers on duty: shape (territory, corps)."""
    return _unbought(v) + _bad(v)


def _unbought(v):
    """Officers on duty who serve no group: shape (territory, corps)."""
    return v.honest + v.vetted + v.failed


def _patrons(v):
    """Share of the compromised who work for each group: shape (territory, group).
    Zero where no group has or ever had a footing.
    """
    held = v.foothold / jnp.maximum(jnp.sum(v.foothold, axis=1, keepdims=True), NOBODY)
    return jnp.maximum(held + v.patrons, 0.0)


def _turnover(v):
    """Change of the share of the compromised who work for each group [1/week]: shape (territory,
    group).
    """
    share, deserted = _patrons(v), _deserted(v)
    bought = jnp.sum(_unbought(v)[:, :, None] * _offers(v), axis=1)
    whole, stock = jnp.sum(bought, axis=1, keepdims=True), jnp.sum(_bad(v), axis=1)[:, None]
    renewed = (bought - share * whole) / jnp.maximum(stock + v.delay[:, None] * whole, NOBODY)
    return renewed - share * (deserted - jnp.sum(share * deserted, axis=1, keepdims=True))


def _offers(v):
    """Hazard of entering the service of each group [1/week]: shape (territory, corps, group)."""
    share = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    officers = jnp.maximum(jnp.sum(_serving(v), axis=1), 1.0)
    fear = v.threat * WEEKS_IN_YEAR * v.violence / officers
    # One exponential for each group in a place instead of one for each corps as well:
    # this is the dearest line of a week.
    most, parts = largest_and_parts(v.bribe)
    money = (most * v.bribes)[None, :] * parts[:, None]
    refuse = jnp.exp(-money - fear[:, None])
    return (v.approach[:, None] * share)[:, None, :] / (
        1.0 + jnp.exp(jnp.minimum(v.cost, MOST_COST))[:, :, None] * refuse[:, None, :]
    )


def _bought(v):
    """Hazard of entering the service of any group [1/week]: shape (territory, corps)."""
    return jnp.sum(_offers(v), axis=2)


def _deserted(v):
    """Hazard that the service to a group ends because few of it are left [1/week]:
    shape (territory, group).
    """
    return v.desertion[:, None] / (1.0 + v.members)


def _lapse(v):
    """Hazard that the service to a group ends, mean over the groups served [1/week]:
    shape (territory, 1).
    """
    return v.lapse[:, None] + jnp.sum(_patrons(v) * _deserted(v), axis=1, keepdims=True)


def _attack(v):
    """Hazard of being killed [1/week] of an officer who works for nobody: shape (territory,
    corps).
    """
    officers = jnp.maximum(jnp.sum(_serving(v), axis=1), 1.0)
    return v.lethality * (jnp.sum(v.members, axis=1) / officers)[:, None]
