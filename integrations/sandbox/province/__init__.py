"""Plays provinces with platforms of their own: they take signed cases, decide them, and say so in signed callbacks."""
