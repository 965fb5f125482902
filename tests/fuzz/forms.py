"""What must hold of every text: each form of `check`, `format`, and for what is right the views and a short run.

A `Fault` says what did not.  Times are CPU seconds of this process, memory is its peak while a text is checked.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import re
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from mscnet import MechanismError, SimulationError, format_text, simulate
from mscnet.cli.main import main
from mscnet.diagnostics import Diagnostic, Source, Span
from mscnet.language import CheckResult, check_bytes, check_source
from mscnet.language.mending import as_written, mend
from mscnet.language.source import source_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace
from mscnet.report.lsp import published

#: The most that a check may take, in CPU seconds and bytes; what is done with its result may take longer.
SECONDS = 5.0
BYTES = 1 << 30
LATER_SECONDS = 60.0
#: Families in a text with a number of so many digits may have as many members, and then take as long as that many
#: statements; so do texts of many megabytes.
LARGE, LOOP, LARGE_SECONDS = re.compile(rb"\b\d{4}"), re.compile(rb"\bfor\b"), 300.0
SECONDS_PER_BYTE = 2e-6
#: Of a text that a message quotes, so much is compared before and after its layout: messages show as much as fits.
_QUOTED = re.compile(r"`([^`]{15})[^`]*`")
#: Models that are shown and run: larger ones are large, not wrong.
LARGEST = 300


class Slow(BaseException):
    """A form took longer than it may."""


class Fault(Exception):
    """Something that must hold does not."""


@dataclass
class Outcome:
    """What became of one text."""

    seconds: float = 0.0
    bytes: int = 0
    passed: bool = False
    #: Whether it may have a family of a thousand members or more.
    large: bool = False
    faults: list[str] = field(default_factory=list)
    forms: int = 0


def peak() -> int:
    """The peak of resident memory since it was last set back, in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def set_peak_back() -> None:
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises `Slow`, where it happens, once so much CPU time is gone."""

    def stop(*_: object) -> None:
        raise Slow(f"more than {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    # again and again, in case that the first is caught on its way
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def seconds_for(data: bytes) -> float:
    """How long checking a text may take, in CPU seconds."""
    return LARGE_SECONDS if LARGE.search(data) and LOOP.search(data) else SECONDS + SECONDS_PER_BYTE * len(data)


def try_out(data: bytes, folder: Path, random: Random, share: float = 1.0) -> Outcome:
    """Everything that is asked of a text, in `folder`, which has the files that it may speak of.

    Every text is checked, and its findings are printed in each form; of the rest so large a share is done.
    """
    outcome = Outcome()
    path = folder / "case.mech"
    path.write_bytes(data)
    set_peak_back()
    strict = random.random() < 0.2
    result = _guarded(outcome, "check", seconds_for(data), lambda: check_bytes_of(data, str(path), strict))
    outcome.bytes = peak()
    if outcome.bytes > BYTES:
        outcome.faults.append(f"check: {outcome.bytes / BYTES:.2f} GiB")
    if result is None:
        return outcome
    outcome.seconds, outcome.large = _last_seconds, seconds_for(data) >= LARGE_SECONDS
    outcome.passed = result.mechanism is not None
    _guarded(outcome, "findings", LATER_SECONDS, lambda: presentable(result))
    if outcome.seconds > 0.5 or len(data) > 200_000:  # the forms read it some ten times more
        return outcome
    if random.random() < share:
        _guarded(outcome, "fix", LATER_SECONDS, lambda: fixes(data, str(path), result, strict))
    if random.random() < share:
        _guarded(outcome, "format", LATER_SECONDS, lambda: formats(data, str(path), result, strict))
    if result.mechanism is not None and len(result.mechanism.species) + len(result.mechanism.reactions) <= LARGEST:
        mechanism = result.mechanism
        if random.random() < 0.4 * share:
            _guarded(outcome, "views", LATER_SECONDS, lambda: views(mechanism))
        if random.random() < 0.3 * share:
            _guarded(outcome, "run", LATER_SECONDS, lambda: runs(mechanism))
    if random.random() < 0.06 * share:
        _guarded(outcome, "commands", LATER_SECONDS, lambda: commands(path, data, result, random))
    return outcome


_last_seconds = 0.0


def _guarded(outcome: Outcome, what: str, seconds: float, form: Callable[[], Any]) -> Any:
    """What `form` gives; where it raises, or takes too long, a fault is noted and None given."""
    global _last_seconds
    begun = time.process_time()
    outcome.forms += 1
    try:
        with at_most(seconds):
            return form()
    except Fault as fault:
        outcome.faults.append(f"{what}: {fault}")
    except (Slow, Exception) as error:
        outcome.faults.append(f"{what}: {type(error).__name__}\n{traceback.format_exc()}")
    finally:
        _last_seconds = time.process_time() - begun
    return None


def _must(holds: object, message: str) -> None:
    if not holds:
        raise Fault(message)


# --- check -----------------------------------------------------------------------------------------------


def check_bytes_of(data: bytes, path: str, strict: bool) -> CheckResult:
    """What `check` reads of a file: its source knows its path, so that imports and tables are found."""
    try:
        source = source_of(data, path, path)
    except MechanismError:
        return check_bytes(data, path, strict)
    return check_source(source, strict)


def presentable(result: CheckResult) -> None:
    """Every finding can be printed for people, as JSON and for editors, and points into a text."""
    for finding in result.diagnostics:
        _must(finding.message.strip(), f"{finding.code} says nothing")
        _must("\n" not in finding.message, f"{finding.code}: its message has more than one line: {finding.message!r}")
        _must(finding.code in finding.render(), f"{finding.code} is not in what is printed")
        for span in _spans(finding):
            length = len(span.source.text)
            _must(0 <= span.start <= span.end <= length + 1, f"{finding.code}: place {span} of {length} letters")
            _must(1 <= span.line <= span.end_line <= span.source.text.count("\n") + 1, f"{finding.code}: {span}")
    text = json.dumps([f.as_dict() for f in result.diagnostics], allow_nan=False, ensure_ascii=False)
    text += json.dumps(published(result.diagnostics, ["case.mech"]), allow_nan=False, ensure_ascii=False)
    text.encode("utf-8", "surrogatepass")
    failed = any(finding.severity == "error" for finding in result.diagnostics)
    _must(failed == (result.mechanism is None), "errors and a mechanism, or neither")


def _spans(finding: Diagnostic) -> list[Span]:
    own = [] if finding.span is None else [finding.span]
    edits = [edit.span for fix in finding.fixes for edit in fix.edits]
    return [*own, *(related.span for related in finding.related), *edits]


def fixes(data: bytes, path: str, result: CheckResult, strict: bool) -> None:
    """After `--fix` there is no new error, nothing more to fix, and what is written is what was checked."""
    if not any(fix.safe for finding in result.diagnostics for fix in finding.fixes):
        return
    source = source_of(data, path, path)
    mended = mend(source, strict)
    before, after = (sum(f.severity == "error" for f in r.diagnostics) for r in (result, mended.result))
    _must(after <= before, f"{after} errors after --fix, {before} before: {mended.made}")
    again = mend(Source(path, mended.source.text, path), strict) if len(data) < 3000 else mended  # it has a limit
    _must(again.made == () or again is mended, f"--fix finds more to do after it: {again.made}\n{mended.source.text}")
    as_written(data.decode("utf-8-sig"), source.text, mended)


# --- format ------------------------------------------------------------------------------------------------


def formats(data: bytes, path: str, result: CheckResult, strict: bool) -> None:
    """Formatting twice is formatting once, and the mechanism stays."""
    try:
        text = source_of(data, path).text
        once = format_text(text)
    except MechanismError as error:
        codes = {finding.code for finding in error.diagnostics}
        _must("E250" not in codes, "no layout of this text was found")
        syntax = {finding.code for finding in result.diagnostics if finding.severity == "error"}
        _must(codes <= syntax or not codes, f"format finds {codes}, check {syntax}")
        return
    _must(format_text(once) == once, f"formatting again changes more:\n{once}\n---\n{format_text(once)}")
    if once == text:
        return
    other = check_source(Source(path, once, path), strict)
    a, b = meaning(result), meaning(other)
    _must(a[1] == b[1], f"other findings after format:\n{once}\n{_apart(a[1], b[1])}")
    _must(a[0] == b[0], f"another mechanism after format:\n{once}")


def _apart(a: list[Any], b: list[Any]) -> str:
    return "\n".join([f"- {x}" for x in a if x not in b] + [f"+ {x}" for x in b if x not in a])


def meaning(result: CheckResult) -> tuple[object, list[tuple[str, str]]]:
    """The mechanism without places and spelling, and the findings."""
    findings = [(f.code, _QUOTED.sub(r"`\1`", "".join(f.message.split()))) for f in result.diagnostics]
    if result.mechanism is None:
        return None, findings
    units = str.maketrans("µμ", "uu")
    facts = tuple(replace(fact, text="") for fact in result.mechanism.facts)
    parameters = tuple(replace(p, unit=p.unit.translate(units)) for p in result.mechanism.parameters)
    return replace(result.mechanism, source=None, functions=(), facts=facts, parameters=parameters), findings


# --- what is right -----------------------------------------------------------------------------------------


def views(mechanism: Mechanism) -> None:
    """Every view of every model can be shown, in every spelling, and it can be sent to another process."""
    from mscnet.report.views import VIEWS

    pickle.loads(pickle.dumps(mechanism))
    names = [p.name for p in mechanism.pathways][:3] or [None]
    for name in names:
        model = mechanism if name is None else mechanism.with_pathway(name)
        model.chosen.network()
        for view in VIEWS.values():
            try:
                view.text(model).encode("utf-8")
                json.dumps(view.data(model), allow_nan=False)
                for variant in view.variants.values():
                    variant(model)
            except MechanismError:  # what it shows is not there, or has no value; `show` prints why
                continue


def runs(mechanism: Mechanism) -> None:
    """A short run ends, or says why not."""
    values: dict[str, float] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            try:
                simulate(mechanism.with_values(values) if values else mechanism, 1.0, points=4, max_steps=500)
                return
            except MechanismError:
                values = {p.name: 0.5 for p in mechanism.chosen.parameters if p.value is None}
                if not values:
                    return
            except SimulationError:
                return


# --- commands ------------------------------------------------------------------------------------------------


def commands(path: Path, data: bytes, result: CheckResult, random: Random) -> None:
    """The commands end with a code of theirs and print what they should."""
    file = str(path)
    code, out, _ = command("check", file)
    _must(code in (0, 1, 64), f"check ended with {code}")
    code, out, _ = command("check", file, "--json")
    json.loads(out)
    code, out, _ = command("check", file, "--format", "lsp")
    json.loads(out)
    command("format", file, "--check", "--diff")
    command("check", file, "--fix")
    if result.mechanism is not None and len(result.mechanism.species) + len(result.mechanism.reactions) <= LARGEST:
        for words in (("show", file, "equations"), ("show", file, "--json"), ("diff", file, file), ("test", file)):
            code, out, err = command(*words)
            _must(code in (0, 1, 3, 64), f"{words} ended with {code}: {err}")
        end = random.choice(("1 s", "0.1 min"))
        code, out, err = command("run", file, "--t-end", end, "--points", "3", "--out", str(path.with_suffix(".csv")))
        _must(code in (0, 1, 3, 64), f"run ended with {code}: {err}")
    path.write_bytes(data)


def command(*words: str) -> tuple[int, str, str]:
    """The exit code of a command, and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open(os.devnull, encoding="utf-8") as nothing, _input(nothing):
            code = main(words)
    _must("Traceback" not in err.getvalue(), err.getvalue())
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _input(stream: Any) -> Iterator[None]:
    import sys

    before, sys.stdin = sys.stdin, stream
    try:
        yield
    finally:
        sys.stdin = before
