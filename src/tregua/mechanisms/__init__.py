"""Mechanisms: what happens in the world, one file each.

A new file here is found without any other edit. A mechanism sees declarations and evidence only.
"""
