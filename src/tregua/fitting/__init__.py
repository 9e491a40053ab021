"""Fitting the national model to the record: unknowns, streams of observations, the best point, chains, and checks of all of them."""
