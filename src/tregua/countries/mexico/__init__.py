"""Mexico: its 32 states, named armed groups, police corps and corridors,
with the tables behind them.
"""
