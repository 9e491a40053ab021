"""Reporting: pictures, pages and run folders made of results.

How things look and read is decided here. No number is computed that a table does not hold.
"""
