"""Organisations: registered with credit code and papers, reviewed by an officer of their division, run by their staff."""
