"""Jinmin 金民: the backend of Internet + civil affairs."""
