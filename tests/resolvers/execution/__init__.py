"""Tests of the document gate and the executor."""
