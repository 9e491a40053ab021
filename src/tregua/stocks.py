"""The compartments that mechanisms share, each defined once.

Axes: ``territory`` is a place with its own conflict (one for the whole country in the published size model), ``group`` an armed group.
"""

from __future__ import annotations

from .types import Compartment

PLACE_AND_GROUP = ("territory", "group")

MEMBERS = Compartment("members", PLACE_AND_GROUP, "persons active in a group")
ARRESTED = Compartment("arrested", PLACE_AND_GROUP, "former members taken out by arrest since the start")
DEAD = Compartment("dead", PLACE_AND_GROUP, "members killed by rival groups since the start")
RETIRED = Compartment("retired", PLACE_AND_GROUP, "former members who left by drop-out, infighting or splits since the start")
