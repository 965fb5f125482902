"""Whose turn it is: the thread that answers comes first, and the one that checks waits at its next checkpoint."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Iterator

from mscnet.checkpoint import hold_with

#: How long (s) a thread that computes goes on while another one waits, as the one that reads the next message.
_SHARED = 0.001
#: So long (s) after a message nothing is checked: requests come with the change that they are about.
_PAUSE = 0.03


class Turns:
    """Lets a thread that checks go on only while nobody waits for an answer."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on, for all threads."""
        sys.setswitchinterval(_SHARED)

    def wait_here(self) -> None:
        """Have this thread wait at its checkpoints."""
        hold_with(self._free.wait)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Answer a message, in the thread of the event loop."""
        self._free.clear()
        if self._timer is not None:
            self._timer.cancel()
        try:
            yield
        finally:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE, self._free.set)
