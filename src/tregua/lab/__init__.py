"""Interactive scenario exploration: the lab, a local web page on which a person drags a policy
and watches what happens to people. `tregua lab` opens it.

A visitor drags handles; their positions are settings, all settings together a package; a package
becomes one policy; and two runs with the same random numbers, one with and one without it, are a
pair. :mod:`~tregua.lab.package` says all of that as data.
"""
