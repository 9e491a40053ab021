r"""Vetting: officers are tested, some fail, few of those are dismissed, and vacancies are filled.

Tests. Of corps k at most :math:`N_k` officers a week can be tested, in the whole country. An
officer waits with a priority x: 1 for an honest officer without a valid test, :math:`T \ge 1` for
one who works for a group (suspicion is not blind), w for one who has failed. The hazard of being
tested is

.. math::
    h_{kx} = \frac{x N_k}{D_k + \tau x N_k}, \qquad
        D_k = \textstyle\sum_r \big[H + T C + w (F + Q)\big]

so that :math:`N_k` tests a week are made while many wait, and :math:`\tau` weeks pass where nobody
else does. An honest officer passes with the specificity, one who works for a group fails with the
sensitivity. So the share of failures falls from :math:`\mathrm{Se}\,p' + (1 - \mathrm{Sp})(1 - p')`
with :math:`p' = T p / (1 - p + T p)` among the first tested, as the compromised are used up. A
compromised officer who passes stays compromised and counts as tested. A passed test is valid for
some years.

Dismissal. Of S officers who failed and still serve, the number dismissed a week is D, with

.. math:: \frac{1}{D} = \frac{d}{\varrho S} + \frac{1}{L_k} + \frac{1}{a_k u}

: the procedure takes d weeks and is begun for a share :math:`\varrho` (1 is the rule), labour
courts and severance pay allow L a week, and a force does not let go whom it cannot replace: a
applicants a week, of whom a share u passes. An officer's hazard is D over S. Where d and
:math:`\varrho` differ between places it is :math:`\varrho_r / (d_r + \varrho S (1/L_k + 1/a_k u))`
with :math:`\varrho S` summed over places. A share of the dismissed joins a group: those who worked
for one join it, split like the shield in the territory, honest ones join any there in proportion to
its size. Vacancies against the strength at the start are filled by applicants who pass.

Source: what was tested, failed and dismissed until 2012 are the claims C52 to C57; later figures
are official ones seen in press reports. No published model of it was found; the equations are ours.

Simplifications: tests differ by chance and not by quality; a compromised officer who failed does
not slip through a second test; nobody retires or resigns; all who are hired are honest; officers of
all places wait in one national queue for each corps; those who join a group on dismissal come from
outside, at the rate at which others like them are let go. Officers at the start come from the
mechanism ``corruption``: without it there are only vacancies.
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
    Flow,
    LogNormal,
    Parameter,
    Uniform,
)
from ..model.mechanism import Mechanism
from ..model.vocabulary import (
    COMPROMISED,
    FAILED,
    FOUND_OUT,
    HONEST,
    MEMBERS,
    PLACE,
    POLICE,
    PROGRAMME_START,
    SHIELD,
    UNDETECTED,
    VETTED,
    largest_and_parts,
)

NOTHING = 1e-9
"""Smallest number to divide by: where nobody waits and nothing can be done, nothing is done."""

TESTS = (
    Parameter(
        "capacity",
        1100.0,
        "person/week",
        LogNormal(1100.0, 0.4),
        NONNEGATIVE,
        "officers of a corps who can be tested a week, in the whole country",
        (
            cite(
                "vetting-official",
                "official",
                (
                    "From about 71,000 tested in September 2011 to 180,000 a year later, 2,100 a "
                    "week, then 3,200 to 3,800 a week."
                ),
            ),
            claim(
                "C53",
                (
                    "180,000 of over 430,000 officers at state level and below "
                    "tested by September 2012."
                ),
            ),
        ),
        axes=("corps",),
        everywhere="officers of all places wait in one queue",
    ),
    Parameter(
        "sensitivity",
        0.85,
        "1",
        Beta(8.5, 1.5),
        UNIT_INTERVAL,
        "chance that an officer who works for a group fails a test",
        (
            assumed(
                "No evaluation of the Mexican tests is known. Polygraphs and background checks "
                "miss some; the prior is wide."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "specificity",
        0.95,
        "1",
        Beta(18.0, 2.0),
        UNIT_INTERVAL,
        "chance that an officer who works for nobody passes a test",
        (
            claim(
                "C54",
                (
                    "5.7 % of about 36,000 federal officers failed: if nearly all were tested, no "
                    "more than this share failed by mistake."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "targeting",
        5.0,
        "1",
        LogNormal(5.0, 0.6),
        NONNEGATIVE,
        "how much sooner an officer who works for a group is tested than another",
        (
            cite(
                "vetting-official",
                "assumed",
                (
                    "The share that failed fell from 36 % to 22 % and 9 % as coverage rose, which "
                    "no constant rate of false alarms explains."
                ),
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "retest",
        0.05,
        "1",
        LogNormal(0.05, 1.0),
        NONNEGATIVE,
        (
            "how much sooner or later an officer who failed is tested again than one "
            "without a test is tested"
        ),
        (
            assumed(
                "While many wait for a first test a second one is rare; the queue makes "
                "it more frequent later."
            ),
        ),
        axes=PLACE,
    ),
    Parameter(
        "wait",
        4.0,
        "week",
        Uniform(2.0, 12.0),
        (1.0, 520.0),
        "shortest time from the call for a test to its result",
        (assumed("Five kinds of test in one centre."),),
        axes=PLACE,
    ),
    Parameter(
        "validity",
        156.0,
        "week",
        Uniform(100.0, 160.0),
        (1.0, 1e5),
        "time for which a passed test counts",
        (cite("vetting-official", "official", "Three years; two in another report."),),
        axes=PLACE,
    ),
)

DISMISSAL = (
    Parameter(
        "rule",
        1.0,
        "1",
        Beta(9.0, 1.0),
        UNIT_INTERVAL,
        "share of the officers who failed against whom dismissal is begun",
        (claim("C55", "The rule is that everyone who fails, at any level, is dismissed."),),
        axes=PLACE,
    ),
    Parameter(
        "procedure",
        26.0,
        "week",
        LogNormal(26.0, 0.5),
        (1.0, 1e5),
        "time from a failed test to dismissal where nothing stands in the way",
        (assumed("Half a year for notice, hearing and decision."),),
        axes=PLACE,
    ),
    Parameter(
        "labour",
        5.0,
        "person/week",
        LogNormal(5.0, 1.0),
        NONNEGATIVE,
        "officers of a corps who can be dismissed a week under labour law, in the whole country",
        (
            claim("C56", "Labour law makes it impossible to dismiss all who fail."),
            claim(
                "C54",
                (
                    "302 federal officers dismissed since 2006, about one a week; carried over to "
                    "corps five to seven times as large."
                ),
            ),
        ),
        axes=("corps",),
        everywhere="dismissals of all places go through the same courts",
    ),
    Parameter(
        "joining",
        0.1,
        "1",
        Beta(1.5, 8.5),
        UNIT_INTERVAL,
        "share of the dismissed who join a group",
        (assumed("Former officers are known among the members of groups; how many is not."),),
        axes=PLACE,
    ),
)

HIRING = (
    Parameter(
        "applicants",
        200.0,
        "person/week",
        LogNormal(200.0, 0.7),
        NONNEGATIVE,
        "applicants to a corps who can be tested and trained a week, in the whole country",
        (
            claim(
                "C56",
                (
                    "A lack of recruits is named beside labour law; no number is "
                    "given, and this one is ours."
                ),
            ),
        ),
        axes=("corps",),
        everywhere="applicants are shared out over the vacancies of all places",
    ),
    Parameter(
        "admitted",
        0.45,
        "1",
        Uniform(0.26, 0.55),
        UNIT_INTERVAL,
        "share of applicants who pass",
        (
            cite(
                "vetting-official",
                "official",
                (
                    "26 of 100 applicants to the federal police in 2010; 44 to 55 % of applicants "
                    "to state and municipal police in 2018 and 2019."
                ),
            ),
        ),
        everywhere="applicants are shared out over the vacancies of all places",
    ),
    Parameter(
        "filling",
        26.0,
        "week",
        LogNormal(26.0, 0.5),
        (1.0, 1e5),
        "time in which a vacancy is filled where applicants are many",
        (assumed("Selection and a short course."),),
        axes=PLACE,
    ),
)


@dataclass(frozen=True)
class Vetting(Mechanism):
    """Officers are tested, dismissed and replaced."""

    needs = (
        HONEST,
        VETTED,
        FAILED,
        COMPROMISED,
        UNDETECTED,
        FOUND_OUT,
        MEMBERS,
        SHIELD,
        POLICE,
        PROGRAMME_START,
    )
    parameters = (*TESTS, *DISMISSAL, *HIRING)
    claims: ClassVar[tuple[str, ...]] = ("C52", "C53", "C54", "C55", "C56", "C57")

    def flows(self):
        """Officers by the outcome of their tests, those dismissed, and those hired."""
        return (
            Flow(
                "cleared",
                "honest",
                "vetted",
                lambda v: v.specificity[:, None] * _tested(v, 1.0),
                "honest officers who pass a test",
            ),
            Flow(
                "mistaken",
                "honest",
                "failed",
                lambda v: (1.0 - v.specificity[:, None]) * _tested(v, 1.0),
                "honest officers who fail a test",
            ),
            Flow(
                "detected",
                "compromised",
                "found_out",
                lambda v: v.sensitivity[:, None] * _tested(v, v.targeting[:, None]),
                "compromised officers who fail a test",
            ),
            Flow(
                "missed",
                "compromised",
                "undetected",
                lambda v: (1.0 - v.sensitivity[:, None]) * _tested(v, v.targeting[:, None]),
                "compromised officers who pass a test",
            ),
            Flow(
                "expired",
                "vetted",
                "honest",
                lambda v: 1.0 / v.validity[:, None],
                "honest officers whose passed test is no longer valid",
            ),
            Flow(
                "expired_undetected",
                "undetected",
                "compromised",
                lambda v: 1.0 / v.validity[:, None],
                "compromised officers whose passed test is no longer valid",
            ),
            Flow(
                "cleared_later",
                "failed",
                "vetted",
                lambda v: v.specificity[:, None] * _tested(v, v.retest[:, None]),
                "honest officers who pass when they are tested again",
            ),
            Flow(
                "dismissed",
                "failed",
                OUTSIDE,
                _dismissed,
                "honest officers dismissed for a failed test",
            ),
            Flow(
                "dismissed_found_out",
                "found_out",
                OUTSIDE,
                _dismissed,
                "compromised officers dismissed for a failed test",
            ),
            Flow("joined", OUTSIDE, "members", _joined, "dismissed officers who join a group"),
            Flow("hired", OUTSIDE, "vetted", _hired, "applicants who pass and fill a vacancy"),
        )


def _tested(v, priority):
    """Hazard of being tested [1/week] of an officer with a priority: shape (territory, corps)."""
    first = v.honest + v.targeting[:, None] * v.compromised
    waiting = jnp.sum(first + v.retest[:, None] * _failed(v), axis=0)[None, :]
    tests = priority * jnp.where(v.time >= v.programme_start, v.capacity, 0.0)[None, :]
    return tests / jnp.maximum(waiting + v.wait[:, None] * tests, NOTHING)


def _failed(v):
    """Officers who failed and still serve: shape (territory, corps)."""
    return v.failed + v.found_out


def _dismissed(v):
    """Hazard of being dismissed [1/week] of an officer who failed: shape (territory, corps)."""
    labour, replaced = v.labour, v.applicants * v.admitted
    both = labour * replaced
    # 1 / (d / rule + S (1 / L + 1 / R)), written so that a limit of zero is no division by zero.
    most, parts = largest_and_parts(v.rule)
    begun = most * jnp.sum(parts[:, None] * _failed(v), axis=0)
    slow = v.procedure[:, None] * both[None, :] + (begun * (labour + replaced))[None, :]
    return v.rule[:, None] * both[None, :] / jnp.maximum(slow, NOTHING)


def _joined(v):
    """Dismissed officers who join a group a week: shape (territory, group)."""
    share = v.members / jnp.maximum(v.total("members", over=("group",)), 1.0)
    # Where nobody keeps a shield, as in the first week, the compromised join like the honest.
    served = v.shield + NOTHING * share
    served = served / jnp.maximum(jnp.sum(served, axis=1, keepdims=True), NOTHING**2)
    honest, compromised = (
        jnp.sum(_dismissed(v) * x, axis=1, keepdims=True) for x in (v.failed, v.found_out)
    )
    return v.joining[:, None] * (honest * share + compromised * served)


def _hired(v):
    """New officers a week: shape (territory, corps)."""
    serving = v.honest + v.vetted + _failed(v) + v.compromised + v.undetected
    vacant = jnp.maximum(v.police - serving, 0.0)
    limit = (v.applicants * v.admitted)[None, :]
    return (
        limit
        * vacant
        / jnp.maximum(jnp.sum(vacant, axis=0, keepdims=True) + v.filling[:, None] * limit, NOTHING)
    )
