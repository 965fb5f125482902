"""The mechanism language: text to a checked `Mechanism`.

`loads` gives the mechanism or raises; `check_text`, `check_bytes` and `check_source` give every finding.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mscnet.diagnostics import Diagnostic, MechanismError, Source, few_suggestions
from mscnet.language.source import source_of
from mscnet.mechanism.expression import deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

__all__ = ["CheckResult", "Survey", "check_bytes", "check_source", "check_text", "loads", "survey_source"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What reading a text gave: its mechanism, None where there are errors, and every finding in order."""

    mechanism: Mechanism | None
    diagnostics: tuple[Diagnostic, ...]


def loads(text: str, name: str = "<text>") -> Mechanism:
    """The mechanism that a text is.

    Raises:
        MechanismError: the text has errors; `.diagnostics` holds every one.

    >>> loads("A -> B @ 0.1").reactions[0].name
    'r1'
    """
    result = check_text(text, name)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    return result.mechanism


def check_text(text: str, name: str = "<text>", strict: bool = False) -> CheckResult:
    """Everything that is to be said of a text."""
    return check_bytes(text.encode("utf-8", "surrogatepass"), name, strict)


def check_bytes(data: bytes, name: str, strict: bool = False) -> CheckResult:
    """Everything that is to be said of the bytes of a file."""
    try:
        source = source_of(data, name)
    except MechanismError as error:
        return CheckResult(None, error.diagnostics)
    return check_source(source, strict)


def check_source(source: Source, strict: bool = False) -> CheckResult:
    """Parse, resolve, infer dimensions, check; the files that it imports are read, too."""
    known = survey_source(source, strict)
    return CheckResult(None if known.failed else known.mechanism, known.diagnostics)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a text, however wrong it is: its mechanism without what has errors, every finding, and the
    files that it imports, by their real paths."""

    mechanism: Mechanism
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the text has errors, so that nothing may be calculated with its mechanism."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


def survey_source(source: Source, strict: bool = False, texts: Mapping[str, str] | None = None) -> Survey:
    """Parse, resolve, infer dimensions, check; `texts` stand in place of imported files, by their real paths."""
    from mscnet.language.checks import run_checks
    from mscnet.language.read import read_mechanism
    from mscnet.language.scope import Reporter

    with without_collector(), deep_recursion(), few_suggestions():
        report = Reporter(source)
        loader = None
        if texts is not None:
            from mscnet.language.imports import Loader

            loader = Loader(source, texts)
        mechanism, _ = read_mechanism(source, report, loader)
        run_checks(mechanism, report, strict)
    files = tuple(key for key in loader.modules if not key.startswith("package:")) if loader is not None else ()
    return Survey(mechanism, tuple(report.diagnostics), files)


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold the cyclic garbage collector: a large file makes millions of objects, none of them cyclic,
    and counting through them again and again would make the cost of reading grow faster than the file."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
