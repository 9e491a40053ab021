"""Computation of the lab: paired ensembles, the surrogate model, the job queue, and sessions."""
