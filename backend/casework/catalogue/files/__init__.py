"""Editions as files: JSON for machines, spreadsheets for offices. Both are read and written row by row."""
