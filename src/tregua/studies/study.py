"""A paired experiment: one baseline against policies, replicate by replicate.

Every replicate of a policy shares its random numbers with the same replicate of the baseline, so
that their difference is what the policy did and not what chance did. With no policy the difference
is exactly zero.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..engine.plan import Plan, make_plan
from ..engine.run import Progress, run_all, run_plan, without_failed
from ..engine.speeds import check_speeds
from ..errors import TreguaError
from ..results.comparison import Comparison
from ..scenarios.policy import Policy
from ..scenarios.scenario import Draws, Scenario


@dataclass(frozen=True, eq=False)
class Study:
    """A paired experiment: what is to be compared.

    Attributes:
        baseline: the scenario without any of the policies.
        policies: each is put on the baseline by itself.
        draws: posterior draws of parameters, if any; replicate i uses draw i of each in every
            scenario.
        replicates: pairs of runs for each policy.
        solver: which solver runs them.
    """

    baseline: Scenario
    policies: Sequence[Policy]
    draws: Draws | None = None
    replicates: int = 200
    solver: str = "tau-leap"

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The baseline, then one scenario for each policy."""
        return (self.baseline, *(self.baseline.with_policy(policy) for policy in self.policies))

    def run(
        self,
        seed: int = 1,
        progress: Progress | None = None,
        kept: Callable[[Scenario], MutableMapping[int, Any]] | None = None,
        plan: Plan | None = None,
        throw: bool = True,
    ) -> Comparison:
        """Run the baseline and every policy with the same random numbers.

        Args:
            seed: of all randomness.
            progress: told after each block, over all scenarios.
            kept: gives, for each scenario, the chunks that are already finished (see
                :func:`tregua.engine.run.simulate`).
            plan: how all of them are run, where that was checked before.
            throw: refuse the study where any replicate failed; otherwise pairs of which one failed
                are left out (see :func:`tregua.engine.run.simulate`).

        Raises:
            TreguaError: TR1206 where two of the scenarios have one name; TR1405 where a policy is
                in force in the baseline already.
        """
        scenarios = self.scenarios
        names = [scenario.name for scenario in scenarios]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise TreguaError(
                "TR1206",
                f"two of the runs to compare are named {twice!r}",
                where="study",
                do="give each policy a name of its own",
            )

        plan = plan or make_plan(
            self.baseline, self.solver, self.replicates, seed, draws=self.draws
        )

        for scenario in scenarios[1:]:
            # Before any work: the last of them may be one that is refused.
            check_speeds(scenario, plan.solver, plan.dt, self.draws)

        def told(number: int, done: int, all_: int) -> None:
            if progress:
                progress(number * all_ + done, len(scenarios) * all_)

        run = run_plan if throw else run_all
        runs = [
            run(
                scenario,
                plan,
                self.draws,
                partial(told, number),
                kept(scenario) if kept else None,
            )
            for number, scenario in enumerate(scenarios)
        ]
        if not throw:
            runs = without_failed(runs)
        return Comparison(runs[0], tuple(runs[1:]))
