"""The exit codes of the command line, and the error that carries one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mscnet.diagnostics import Diagnostic


class Exit(IntEnum):
    """What the shell is told."""

    DONE = 0
    WRONG_INPUT = 1
    USAGE = 2
    NUMERICS = 3
    UNSUPPORTED = 64
    INTERRUPTED = 130


class Failure(Exception):
    """A command that ends here: what to say, how to mend it, and the exit code."""

    def __init__(self, message: str, hint: str | None = None, code: Exit = Exit.WRONG_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


def not_yet(what: str, hint: str | None = None) -> Failure:
    """The failure of asking for something that mscnet does not do yet."""
    return Failure(f"{what} not there yet", hint, Exit.UNSUPPORTED)


class Choices(tuple[str, ...]):
    """The choices of an argument, for argparse: those of `later` are taken as well, so that a command can
    refuse them by name, but never listed."""

    later: tuple[str, ...] = ()

    @classmethod
    def of(cls, now: Iterable[str], later: Iterable[str]) -> Choices:
        """The choices `now`, and those that are to come."""
        choices = cls(now)
        choices.later = tuple(later)
        return choices

    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or word in self.later


def code_of(diagnostics: Iterable[Diagnostic], strict: bool = False) -> Exit:
    """The exit code of a list of findings: 0, 1, or 64 where every error is of the unsupported kind."""
    errors = [d for d in diagnostics if d.severity == "error" or (strict and d.severity == "warning")]
    if not errors:
        return Exit.DONE
    return Exit.UNSUPPORTED if all(d.unsupported for d in errors) else Exit.WRONG_INPUT
