"""The model: what a mechanism may declare, and how mechanisms are put together and checked.

Nothing here knows a mechanism, a country, a solver or a file. Touch it when every mechanism needs a
new kind of thing; a new mechanism needs no change here.
"""
