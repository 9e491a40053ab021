"""Scenarios: which model runs on which data from when to when, under which policies,
with which values.

Files are read and values settled here, in their order of precedence. Nothing here runs anything.
"""
