"""Countries: tables, data sets and observations, one folder a country;
what a scenario takes from data.

Figures of a country are added in its folder. Nothing here runs a model.
"""
