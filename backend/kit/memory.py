"""How a server process treats its memory."""

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 50
"""Thresholds of the collector: a request makes thousands of objects that are gone by themselves when it ends."""


def settle() -> None:
    """Once everything is loaded: leave it out of every later collection, and collect less often.

    Schema, catalogue and libraries are about a million objects that stay. Looking through them for garbage
    took a fifth of the processor's time, and everybody waited meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
