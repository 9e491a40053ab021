"""Interrupted runs: what `tregua run` and `tregua compare` keep of them, and what they say."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from ..engine.plan import Plan
from ..engine.session import usable_cores
from ..errors import TreguaError
from ..results.checkpoints import Checkpoint, Latest, unfinished_folder
from ..results.provenance import inputs_hash
from ..results.staging import WRITTEN
from ..scenarios.scenario import Scenario
from .show import ERR
from .streams import stopped


class Unfinished:
    """Checkpoints of one command: finished chunks of its runs, until the results are written.

    Args:
        parent: the folder beside which they lie.
        fresh: forget what an interrupted run of the same inputs left there.
    """

    def __init__(self, parent: Path, fresh: bool):
        self._parent, self._fresh = parent, fresh
        self._checkpoints: list[Latest] = []

    def chunks(self, scenario: Scenario, plan: Plan, draws: Any) -> Latest:
        """Where the finished chunks of one scenario are kept.
        Those of the scenarios before it are written down.
        """
        for before in self._checkpoints:
            before.settle()
        # One chunk a core is finished at about the same time.
        checkpoint = Latest(
            Checkpoint(unfinished_folder(self._parent, inputs_hash(scenario, plan, draws))),
            usable_cores(),
        )
        if self._fresh:
            checkpoint.discard()
        self._checkpoints.append(checkpoint)
        return checkpoint

    def discard(self) -> None:
        """Forget all chunks: the run is written."""
        for checkpoint in self._checkpoints:
            checkpoint.discard()

    def settle(self) -> None:
        """Write down all finished chunks, as far as there is room:
        the results could not be written.
        """
        with suppress(TreguaError):
            for checkpoint in self._checkpoints:
                checkpoint.settle()

    def interrupted(self) -> int:
        """Say what is left of an interrupted run; the exit status for it."""
        if WRITTEN:
            self.discard()
            ERR.print(stopped(), markup=False)
            return 130
        self.settle()
        chunks = sum(len(checkpoint) for checkpoint in self._checkpoints)
        if chunks:
            ERR.print(
                f"Stopped. {chunks} finished parts are kept; the same command goes on from there, "
                "--fresh starts over. No run folder was written."
            )
        else:
            self.discard()
            ERR.print(stopped(), markup=False)
        return 130
