"""Tokens of third parties, and the programs and consents that they are given for."""
