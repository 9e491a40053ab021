"""Answers of the lab: what the pages show and hand out, made of futures."""
