"""Inference: the national model is fitted to the record, and the fit is checked.

Observations, likelihoods, optimum, ensemble and chains are here. Fits are written, never loaded,
here.
"""
