"""Data that the kit reads, and how it is made."""
