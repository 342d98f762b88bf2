"""How a server process treats its memory."""

import ctypes
import gc

YOUNG, MIDDLE, OLD = 20_000, 10, 4
"""Thresholds of the collector: a request makes thousands of objects that are gone by themselves when it ends. What caches
let go of, such as parsed documents, is old and goes in circles: without a full collection now and then it would pile up."""

ARENAS = 1
"""Of glibc's allocator. By default each thread that digests a password or decodes a picture gets one of its own, and what is
free in one is of no use to the others; ours hold the interpreter's lock nearly all the time."""
_M_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``malloc.h``."""


def settle() -> None:
    """Once everything is loaded: leave it out of every later collection, and collect less often.

    Schema, catalogue and libraries are about a million objects that stay. Looking through them for garbage
    took a fifth of the processor's time, and everybody waited meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    trim()


def share_one_arena() -> None:
    """At the very start of a process, before it has threads: let all of them allocate from the same memory."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # another C library has other ways
        mallopt(_M_ARENA_MAX, ARENAS)


def trim() -> None:
    """Give back to the system what is free: pictures and parsed documents leave holes behind."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
