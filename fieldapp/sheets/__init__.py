"""Workbooks (.xlsx) that fill the registers: read, checked row by row, and brought in whole or not at all."""
