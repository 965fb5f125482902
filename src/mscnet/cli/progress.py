"""A progress bar on the terminal for runs that take their time."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from mscnet.cli.console import Console, is_terminal

#: Seconds before the bar appears.
_PATIENCE = 1.0


class Progress:
    """Shows how far a run has come, on stderr, if that is a terminal and the run takes longer than a second."""

    def __init__(self, console: Console) -> None:
        self._wanted = is_terminal(console.err)
        self._stream = console.err
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, fraction: float, text: str = "") -> None:
        """Moves the bar to `fraction` of the run, from 0 to 1; `text` stands at its end."""
        if not self._wanted:
            return
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=100.0, delay=_PATIENCE, file=self._stream, leave=False, unit="%",
                             bar_format="{l_bar}{bar}| {elapsed} elapsed, {remaining} left{postfix}")  # fmt: skip
        if text:
            self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(max(0.0, 100.0 * min(1.0, fraction) - self._bar.n))
