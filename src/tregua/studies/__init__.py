"""Studies: experiments of many runs: policies compared, mechanisms turned off, published results
reproduced.

A new question is a new file here.
"""
