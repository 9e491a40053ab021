"""The engine: a scenario is compiled and run, by any of four solvers,
with addressed random numbers.

Touch it for speed and new solvers. It knows no mechanism, no country and no policy by name.
"""
