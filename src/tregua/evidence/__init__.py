"""Evidence: claims, sources and what rests on each, joined into the ledger.

A new source or claim is added here before a mechanism may cite it. No number of the model is set
here.
"""
