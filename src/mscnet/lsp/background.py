"""Checking while somebody types: once the typing stops for a moment, in a thread of its own, newest text first."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from mscnet.language import Survey
from mscnet.language.format_parts import Broken, Layouts, NotInParts
from mscnet.language.loose import read_loosely
from mscnet.lsp.room import Document, Room, survey
from mscnet.lsp.turns import Turns
from mscnet.report.cards import Cards

#: So long (s) nothing is typed before a check begins: at least, and at most for texts that take long.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.15, 2.0

#: A deep expression needs more stack than threads have by themselves.
_STACK = 64 * 1024 * 1024

#: After so long without a message (s), or so many checks, there is time to look for garbage.
REST, MOST_CHECKS = 3.0, 200

_log = logging.getLogger("mscnet.lsp")

Done = Callable[[str, int | None, Survey, Cards], None]
Warmed = Callable[[str, Layouts], None]


class Collector:
    """Looks for garbage only while nobody types: one look through all that is known takes longer than an answer may."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None
        self.checks = 0

    def begin(self) -> None:
        """From now on; what has been made so far stays."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def wait(self) -> None:
        """Somebody is typing."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(0 if self.checks > MOST_CHECKS else REST, self._collect)

    def _collect(self) -> None:
        self._timer = None
        self.checks = 0
        gc.collect()


class Checker:
    """One thread that checks texts; of each file only the newest text waits, and what is outdated is not begun."""

    def __init__(self, room: Room, turns: Turns, done: Done, warmed: Warmed) -> None:
        """`done` is called in the thread of the event loop, with what was found of which version; `warmed` with the
        layouts of a text whose document has none yet."""
        self.room, self._turns, self._done, self._warmed = room, turns, done, warmed
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
        self._turns.wait_here()
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
            self._post(self._done, uri, version, *found)
            document = self.room.documents.get(uri)
            if document is not None and document.layouts.empty:
                self._post(self._warmed, uri, _layouts_of(text))

    def _post(self, call: Callable[..., None], *arguments: Any) -> None:
        loop: Any = self._loop
        try:
            loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:  # the server has closed meanwhile
            self._stopped = True


def _layouts_of(text: str) -> Layouts:
    """What is to be known of the layout of a text, so that the first time that somebody asks is quick too."""
    made = Layouts()
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    with contextlib.suppress(Broken, NotInParts, RecursionError):
        made.lay_out(lines, read_loosely(text).tops)
    return made
