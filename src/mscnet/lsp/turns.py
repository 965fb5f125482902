"""Whose turn it is: the thread that answers, or the one that checks.

A thread that wants to go on waits for so long before it asks the one that computes to stop; one that reads a file lets
others go on meanwhile, and waits as long to be back.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

#: How long (s) a thread that computes goes on while another waits, and while a request is answered.  Not longer: what
#: begins to wait then, as the thread that reads the next request, waits so long if a check gets the next turn.
SHARED, _UNDISTURBED = 0.001, 0.05


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Hold a check that runs meanwhile: somebody waits for an answer."""
    with _turns_of(_UNDISTURBED):
        yield


@contextlib.contextmanager
def with_files() -> Iterator[None]:
    """Ask for files in the midst of an answer, and be back soon."""
    with _turns_of(SHARED):
        yield


@contextlib.contextmanager
def _turns_of(length: float) -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(length)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
