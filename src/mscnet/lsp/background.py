"""Checking while somebody types: once the typing stops for a moment, in a thread of its own, newest text first."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from mscnet.language import Survey
from mscnet.lsp.room import Document, Room, survey
from mscnet.report.cards import Cards

#: So long (s) nothing is typed before a check begins: at least, and at most for texts that take long.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.15, 2.0

#: A deep expression needs more stack than threads have by themselves.
_STACK = 64 * 1024 * 1024

_log = logging.getLogger("mscnet.lsp")

Done = Callable[[str, int | None, Survey, Cards], None]


class Checker:
    """One thread that checks texts; of each file only the newest text waits, and what is outdated is not begun."""

    def __init__(self, room: Room, done: Done) -> None:
        """`done` is called in the thread of the event loop, with what was found of which version."""
        self.room, self._done = room, done
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._took: dict[str, float] = {}
        self._waiting: dict[str, tuple[int | None, str, dict[str, str]]] = {}
        self._lock = threading.Condition()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def ask(self, document: Document, at_once: bool = False) -> None:
        """Have a document checked, after a pause unless it is to be at once."""
        self._loop = asyncio.get_running_loop()
        self.forget(document.uri)
        pause = min(LONGEST_PAUSE, max(SHORTEST_PAUSE, self._took.get(document.uri, 0.0)))
        self._timers[document.uri] = self._loop.call_later(0 if at_once else pause, self._enqueue, document.uri)

    def forget(self, uri: str) -> None:
        """Drop what waits to be checked of a file."""
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        with self._lock:
            self._waiting.pop(uri, None)

    def stop(self) -> None:
        """Begin no other check."""
        for uri in list(self._timers):
            self.forget(uri)
        with self._lock:
            self._stopped = True
            self._waiting.clear()
            self._lock.notify()

    def _enqueue(self, uri: str) -> None:
        self._timers.pop(uri, None)
        document = self.room.documents.get(uri)
        if document is None:
            return
        with self._lock:
            self._waiting[uri] = (document.version, document.text.text, self.room.texts())
            self._lock.notify()
        if self._thread is None:
            threading.stack_size(_STACK)
            self._thread = threading.Thread(target=self._work, name="mscnet-check", daemon=True)
            self._thread.start()
            threading.stack_size(0)

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._waiting and not self._stopped:
                    self._lock.wait()
                if self._stopped:
                    return
                uri = next(iter(self._waiting))
                version, text, texts = self._waiting.pop(uri)
            began = time.monotonic()
            try:
                found = survey(uri, text, texts)
            except Exception:  # a fault of ours, which must not end all further checks
                _log.exception("the check of %s failed", uri)
                continue
            self._took[uri] = time.monotonic() - began
            self._post(uri, version, found)

    def _post(self, uri: str, version: int | None, found: tuple[Survey, Cards]) -> None:
        loop: Any = self._loop
        try:
            loop.call_soon_threadsafe(self._done, uri, version, *found)
        except RuntimeError:  # the server has closed meanwhile
            self._stopped = True
