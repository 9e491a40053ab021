r"""Prisons: who is arrested waits, is sentenced or freed, comes back or leaves for good, and
escapes where the guards work for the group.

.. math::
    \text{hazard of a mass escape of } g &= \mu\, \pi_{rg}\, \frac{Q_{rg}}{m}\,
        (1 + \lambda\, \ell_g), \qquad \ell_g = \frac{w L_g}{w L_g + \sum_r C_{rg}} \\
    b_{rg} &= -\ln(1 - p), \qquad p = \frac{s\, F}{k\, Q_{rg} + I_r}

:math:`Q_{rg}` are members inside, :math:`I_r` other prisoners, :math:`\pi_{rg}` the share of the
guards who work for the group, and :math:`\ell_g` the share of its members that the group lost in
the last w weeks. A territory has :math:`(\sum_g Q_{rg} + I_r)/m` prisons of m prisoners on average,
and the group holds its share of each; hence :math:`Q_{rg}/m`. A mass escape opens one prison of F
prisoners, of whom a share s leaves: :math:`b_{rg}` is the hazard of the following week, k times as
high for members of the group as for the others, who are taken along and may join. Where no guard
works for a group there is no mass escape; single prisoners escape at a small rate everywhere.

Source: claims C42 to C44, C46, C48, C50, C51 of the article of September 2012 (compromised staff,
the share that leaves, inmates forced along, losses as the motive, rivals killed); stays follow from
official numbers of prisoners. No published model of captured prisons was found, so the form is
ours.

Simplified: prisons of a territory are alike but for their size, which is exponential around its
mean; every other group inside counts as a rival; guards are not counted as persons, and staff
charged after an escape do not change how many work for a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from ..evidence.cite import assumed, cite, claim
from ..model.declarations import (
    NONNEGATIVE,
    OUTSIDE,
    UNIT_INTERVAL,
    Beta,
    Drift,
    Event,
    Flow,
    LogNormal,
    Parameter,
    Selection,
    Track,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    ARRESTED,
    AT_LARGE,
    BREAKOUT,
    DEAD,
    FOOTHOLD,
    GUARDS,
    INMATES,
    LOSSES,
    MEMBERS,
    PLACE,
    PLACE_AND_GROUP,
    PRESENCE,
    PRISONERS,
    RANK,
    RETIRED,
    SENTENCED,
)

SPREAD = 3.0 / 13.0
"""Half the range of the share of a prison that leaves, against its mean: 10 to 16 % around 13 %."""

MOST = 0.95
"""Largest share of a territory's prisoners that one mass escape may take,
to keep its hazard finite.
"""

STAY = (
    Parameter(
        "inside",
        0.08,
        "1",
        LogNormal(0.08, 0.6),
        NONNEGATIVE,
        "members in prison at the start, against prisoners of no group",
        (
            cite(
                "size-2023",
                "assumed",
                "It takes 5 % of the arrested for members; they stay longer than most.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "pretrial",
        78.0,
        "week",
        LogNormal(78.0, 0.4),
        (1.0, NONNEGATIVE[1]),
        "mean time in custody without a sentence",
        (
            assumed("One and a half years; legal limits and press reports put it at one to two."),
            cite(
                "inegi-prisons",
                "estimated",
                (
                    "Unsentenced prisoners over admissions a year give 0.8 years for all "
                    "prisoners of 2019, as a lower bound."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "convicted",
        0.3,
        "1",
        Beta(6.0, 14.0),
        UNIT_INTERVAL,
        "share of arrested members who are sentenced to prison",
        (
            cite(
                "inegi-prisons",
                "assumed",
                (
                    "Chosen so that 36 to 38 % of the members inside have no "
                    "sentence, as of all prisoners."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "sentence",
        454.0,
        "week",
        LogNormal(454.0, 0.3),
        (1.0, NONNEGATIVE[1]),
        "mean time served after a sentence",
        (
            cite(
                "incarceration-code",
                "assumed",
                "The sentences in the public code have a mean of 8.7 years.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "back",
        0.5,
        "1",
        Beta(3.0, 3.0),
        UNIT_INTERVAL,
        "share of the members set free who go back to their group",
        (assumed("No figure exists for Mexico; half, with a wide prior."),),
        axes=PLACE,
    ),
    Parameter(
        "turnover",
        0.01,
        "1/week",
        LogNormal(0.01, 0.3),
        NONNEGATIVE,
        "share of the prisoners of no group who are set free in a week",
        (
            cite(
                "inegi-prisons",
                "measured",
                (
                    "State prisons took in 102,700 in 2019 and held about 177,000: a stay "
                    "of just under two years."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "intake",
        1.0,
        "1",
        LogNormal(1.0, 0.15),
        NONNEGATIVE,
        "prisoners of no group who come in, against what keeps their number at its start",
        (
            cite(
                "inegi-prisons",
                "measured",
                "211,169 prisoners in 2020, 230,943 in 2011: about steady.",
            ),
        ),
        axes=PLACE,
    ),
)

ESCAPES = (
    Parameter(
        "single",
        6.6e-6,
        "1/week",
        LogNormal(6.6e-6, 0.4),
        NONNEGATIVE,
        "hazard that a prisoner escapes without a mass escape",
        (
            cite(
                "oadprs-prisons",
                "estimated",
                (
                    "About 945 escapees in April 2008 to 2012 with those of Reynosa; less the "
                    "mass escapes, 76 a year of 219,000."
                ),
            ),
            cite(
                "prison-escapes-press",
                "reported",
                "The mass escapes of these years and the one of Reynosa that the bulletins lack.",
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "mass",
        0.004,
        "1/week",
        LogNormal(0.004, 1.0),
        NONNEGATIVE,
        "hazard that a group that lost nobody opens a prison whose guards and inmates are its own",
        (
            cite(
                "prison-escapes-total",
                "estimated",
                "Set so that 1,353 persons escape in 2000-2010 in `tregua reproduce escapes`.",
            ),
            claim(
                "C42",
                (
                    "131 escaped at Piedras Negras, and staff are suspected: without compromised "
                    "guards there is no mass escape."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "facility",
        520.0,
        "person",
        LogNormal(520.0, 0.3),
        (1.0, NONNEGATIVE[1]),
        "mean number of prisoners in a prison",
        (
            cite(
                "prison-centres-2012",
                "official",
                "219,000 prisoners about 2010, and 237,580 in 2012, in 419 prisons.",
            ),
            claim("C43", "The prison of Piedras Negras held fewer than 800."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "leaving",
        0.13,
        "1",
        Beta(26.0, 174.0),
        UNIT_INTERVAL,
        "share of a prison that leaves in a mass escape, on average",
        (
            cite(
                "prison-escapes-press",
                "reported",
                (
                    "153 of about 1,500 at Nuevo Laredo in 2010, 131 of fewer than 800 at "
                    "Piedras Negras in 2012."
                ),
            ),
            claim(
                "C43",
                (
                    "About a fifth is stated and 131 of 800 is one sixth; both are kept, and the "
                    "mean of two escapes is used."
                ),
            ),
            claim("C50", "153 escaped at Nuevo Laredo."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "pull",
        10.0,
        "1",
        LogNormal(10.0, 0.7),
        NONNEGATIVE,
        (
            "how many times likelier a member of the group is to leave in its mass escape than "
            "a prisoner of no group"
        ),
        (
            claim("C44", "The group organised the escape and forced others along, so both leave."),
            assumed("The ratio is ours."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "join",
        0.3,
        "1",
        Beta(3.0, 7.0),
        UNIT_INTERVAL,
        "share of the prisoners taken along who join the group",
        (
            claim("C44", "Inmates who were no members were forced to go along."),
            assumed("How many joined was never reported."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "need",
        10.0,
        "1",
        LogNormal(10.0, 1.0),
        NONNEGATIVE,
        "share by which mass escapes rise for each unit of a group's members lost in the window",
        (
            claim("C46", "The escape was planned to refill ranks thinned by arrests and killings."),
            assumed("A group that lost a tenth escapes twice as often."),
        ),
        axes=PLACE,
    ),
    Parameter(
        "window",
        26.0,
        "week",
        LogNormal(26.0, 0.3),
        (1.0, NONNEGATIVE[1]),
        "weeks over which a group's losses are felt",
        (assumed("Half a year."),),
        everywhere="a group feels all its losses, wherever they were",
    ),
    Parameter(
        "recapture",
        0.01,
        "1/week",
        LogNormal(0.01, 0.7),
        NONNEGATIVE,
        "hazard that an escaped prisoner of no group is caught",
        (assumed("Half are caught within 16 months; reports name few who were."),),
        axes=PLACE,
    ),
)

KILLINGS = (
    Parameter(
        "feud",
        3e-4,
        "1/week",
        LogNormal(3e-4, 0.8),
        NONNEGATIVE,
        "hazard that a member inside is killed where all guards work for rivals",
        (
            cite(
                "oadprs-prisons",
                "assumed",
                (
                    "10 to 30 homicides are reported from prisons a year; that with a fifth of "
                    "the guards bought gives the order."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "massacre",
        2.0,
        "1",
        LogNormal(2.0, 0.8),
        NONNEGATIVE,
        (
            "hazard that a member inside is killed in a mass escape of a rival, against the "
            "hazard that a prisoner of no group leaves in it"
        ),
        (
            claim("C51", "44 rivals were killed at Apodaca before 30 escaped."),
            cite(
                "prison-escapes-press",
                "estimated",
                (
                    "44 and 7 in two of five large escapes, none in the others: "
                    "about ten killed in each."
                ),
            ),
        ),
        axes=PLACE,
    ),
)


@dataclass(frozen=True)
class Prisons(Mechanism):
    """Custody, sentences, releases, escapes and killings inside."""

    claims: ClassVar[tuple[str, ...]] = ("C42", "C43", "C44", "C46", "C48", "C50", "C51")
    needs = (
        *(MEMBERS, ARRESTED, SENTENCED, DEAD, RETIRED, INMATES, AT_LARGE),
        *(GUARDS, BREAKOUT, LOSSES, PRISONERS, PRESENCE, FOOTHOLD, RANK),
    )
    parameters = (*STAY, *ESCAPES, *KILLINGS)

    def initial(self, view, draw):
        """Prisoners of no group, and members inside: where groups are present, by group like
        members at large, by sentence as steady arrests would.
        """
        weight = view.foothold / jnp.maximum(view.rank, 1.0)[None, :]
        share = weight / jnp.maximum(jnp.sum(weight, axis=1, keepdims=True), 1e-9)
        here = view.presence / jnp.maximum(jnp.sum(view.presence), 1e-9)
        inside = (view.inside * jnp.sum(view.prisoners) * here)[:, None] * share
        waiting = (view.pretrial / (view.pretrial + view.convicted * view.sentence))[:, None]
        return {
            "inmates": draw.poisson("prisons.prisoners", view.prisoners),
            "arrested": draw.poisson("prisons.waiting", inside * waiting),
            "sentenced": draw.poisson("prisons.serving", inside * (1.0 - waiting)),
        }

    def flows(self):
        """Who leaves custody, prison or life, and who comes in."""
        return (*self._courts(), *self._escapes(), *self._deaths(), *self._others())

    def _courts(self):
        """Sentences and releases of members."""

        def part(v, back):
            return v.back if back else 1.0 - v.back

        def acquitted(back):
            return lambda v: ((1.0 - v.convicted) * part(v, back) / v.pretrial)[:, None]

        def served(back):
            return lambda v: (part(v, back) / v.sentence)[:, None]

        free = "members set free without a sentence who"
        done = "members who served their sentence and"
        rejoin = "go back to their group"
        return (
            Flow(
                "sentenced",
                "arrested",
                "sentenced",
                lambda v: (v.convicted / v.pretrial)[:, None],
                "members sentenced to prison",
            ),
            Flow("freed_back", "arrested", "members", acquitted(True), f"{free} {rejoin}"),
            Flow("freed", "arrested", "retired", acquitted(False), f"{free} leave their group"),
            Flow("served_back", "sentenced", "members", served(True), f"{done} {rejoin}"),
            Flow("served", "sentenced", "retired", served(False), f"{done} leave their group"),
        )

    def _escapes(self):
        """Members and others who escape, alone or in a mass escape."""

        def own(v):
            return v.single[:, None] + v.pull[:, None] * v.breakout

        def along(v):
            return v.single + (1.0 - v.join) * jnp.sum(v.breakout, axis=1)

        return (
            Flow(
                "escaped_untried",
                "arrested",
                "members",
                own,
                "members who escape before a sentence",
                kind="escape",
            ),
            Flow(
                "escaped_sentenced",
                "sentenced",
                "members",
                own,
                "members who escape while serving a sentence",
                kind="escape",
            ),
            Flow(
                "joined",
                "inmates",
                "members",
                lambda v: v.join[:, None] * v.breakout,
                "prisoners of no group taken along in a mass escape who join",
            ),
            Flow(
                "escaped_others",
                "inmates",
                "at_large",
                along,
                "prisoners of no group who escape and join none",
                kind="escape",
            ),
        )

    def _deaths(self):
        """Members killed inside, by groups that hold the guards or break out."""

        def hazard(v):
            held, leaving = (
                jnp.sum(x, axis=1, keepdims=True) - x
                for x in (jnp.maximum(v.guards, 0.0), v.breakout)
            )
            # What rivals hold is a sum less a part of it: rounding must not make it negative.
            feud, massacre = v.feud[:, None], v.massacre[:, None]
            return feud * jnp.maximum(held, 0.0) + massacre * jnp.maximum(leaving, 0.0)

        return tuple(
            Flow(
                f"killed_{name}",
                source,
                "dead",
                hazard,
                f"members killed by rivals in prison {when}",
                victim="inmate",
                cause="prison",
            )
            for name, source, when in (
                ("untried", "arrested", "before a sentence"),
                ("sentenced", "sentenced", "while serving one"),
            )
        )

    def _others(self):
        """Prisoners of no group who come and go."""
        return (
            Flow(
                "taken_in",
                OUTSIDE,
                "inmates",
                lambda v: v.intake * v.turnover * v.prisoners,
                "prisoners of no group who come in",
            ),
            Flow(
                "let_go",
                "inmates",
                OUTSIDE,
                lambda v: v.turnover,
                "prisoners of no group who are set free",
            ),
            Flow(
                "recaptured",
                "at_large",
                "inmates",
                lambda v: v.recapture,
                "escaped prisoners of no group who are caught",
            ),
        )

    def events(self):
        """Mass escapes."""

        def hazard(v):
            lost = v.window * jnp.maximum(v.losses, 0.0)
            part = lost / jnp.maximum(lost + jnp.sum(v.members, axis=0), 1.0)
            prisons = (v.arrested + v.sentenced) / v.facility[:, None]
            rise = 1.0 + v.need[:, None] * part[None, :]
            return v.mass[:, None] * jnp.maximum(v.guards, 0.0) * prisons * rise

        def apply(v, fired, draw):
            own = v.arrested + v.sentenced
            everyone = (v.inmates + jnp.sum(own, axis=1))[:, None]
            size, share = _prison(v.facility[:, None], everyone, v.leaving[:, None], draw)
            part = share * size / jnp.maximum(v.pull[:, None] * own + v.inmates[:, None], 1.0)
            return {"breakout": v.breakout - fired * jnp.log1p(-jnp.minimum(part, MOST))}

        doc = "a group opens a prison whose guards work for it"
        return (Event("mass_escape", PLACE_AND_GROUP, hazard, apply, doc, levels=("breakout",)),)

    def drifts(self):
        """A prison is open for a week: in weekly steps nothing is left of an opening after one."""
        return (
            Drift("breakout", lambda v: -v.breakout, "what is left of an opened prison closes"),
        )

    def tracks(self):
        """What thins the ranks of a group."""
        return (
            Track(
                "losses",
                (Selection(targets=(DEAD.name,)), Selection(kinds=("arrest",))),
                lambda v: v.window,
                "members arrested or killed a week, at large or inside",
            ),
        )


def _prison(mean, everyone, leaving, draw):
    """Prisoners of the prison that is opened [person], at most all of the territory,
    and the share of them that leaves.
    """
    if not draw.whole:
        return mean * -jnp.expm1(-everyone / mean), leaving
    size = -mean * jnp.log(draw.uniform("prisons.prison", mean.shape))
    share = leaving * (1.0 + SPREAD * (2.0 * draw.uniform("prisons.leaving", mean.shape) - 1.0))
    return jnp.minimum(size, everyone), share
