"""How a server process treats its memory."""

import gc

YOUNG, MIDDLE, OLD = 20_000, 10, 4
"""Thresholds of the collector: a request makes thousands of objects that are gone by themselves when it ends. What caches
let go of, such as parsed documents, is old and goes in circles: without a full collection now and then it would pile up."""


def settle() -> None:
    """Once everything is loaded: leave it out of every later collection, and collect less often.

    Schema, catalogue and libraries are about a million objects that stay. Looking through them for garbage
    took a fifth of the processor's time, and everybody waited meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
