"""Accounts on mini-program platforms, and the sessions of citizens and officers."""
