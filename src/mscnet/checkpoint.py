"""Places in long work where its thread can be held for a while, as while somebody waits for an answer of another."""

from __future__ import annotations

import threading
from collections.abc import Callable


class _Thread(threading.local):
    hold: Callable[[], object] | None = None


_thread = _Thread()


def checkpoint() -> None:
    """Go on, once it is this thread's turn."""
    if _thread.hold is not None:
        _thread.hold()


def hold_with(wait: Callable[[], object]) -> None:
    """Call `wait` at every checkpoint that this thread comes to from now on."""
    _thread.hold = wait
