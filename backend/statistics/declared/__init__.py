"""Indicators of the six domains and of service as a whole, as data."""
