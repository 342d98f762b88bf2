"""Real clients from npm and PyPI against a running server: what ``make clients`` runs."""
