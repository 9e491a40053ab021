"""Studies: questions asked of many runs: policies compared, mechanisms turned off,
published results redone.

A new question is a new file here.
"""
