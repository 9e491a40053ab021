"""Presentation of results: what the pages show and hand out, made of paired ensembles."""
