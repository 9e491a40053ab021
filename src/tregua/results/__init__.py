"""Results: tables and comparisons read off finished runs, their provenance, checkpoints and scores.

What is counted for a reader is decided here. Nothing here draws or runs.
"""
