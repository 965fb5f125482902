"""``mscnet format``: mechanism files in the canonical layout."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import Any

from mscnet.cli.console import Console, plural
from mscnet.cli.exits import Exit, Failure, code_of
from mscnet.cli.loading import read_bytes_of
from mscnet.diagnostics import Diagnostic, MechanismError
from mscnet.records import dataclass

EXAMPLES = """examples:
  mscnet format cdtese.mech
  mscnet format --check --diff mechanisms/*.mech
  echo 'A+B->C@k1' | mscnet format -"""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a path, or - from standard input to standard output")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    parser.add_argument("--ascii", action="store_true", help="spell every sign in ASCII: -> for →, +- for ±, 0 for ∅")
    parser.add_argument("--json", action="store_true", help="print one list with an object for each file")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one file: its text before and after, and what was found where it has no layout."""

    file: str
    before: bytes = b""
    after: bytes = b""
    findings: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> bool:
        return self.before != self.after


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Formats each file in its place; a file with syntax errors is left alone, and its findings are printed."""
    writes = not (arguments.check or arguments.diff)
    outcomes = [_format(file, arguments.ascii) for file in arguments.files]
    for outcome in outcomes:
        for finding in () if arguments.json else outcome.findings:
            console.message(finding.render(console.colour) + "\n")
        if arguments.diff and not arguments.json and outcome.changes:
            console.result(_diff(outcome))
        if writes:
            _write(outcome, console, arguments.json)
    if arguments.json:
        console.result_json([_as_dict(outcome, writes) for outcome in outcomes])
    else:
        _report(outcomes, writes, console)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    changed = any(outcome.changes for outcome in outcomes)
    return code_of(findings) or (Exit.WRONG_INPUT if arguments.check and changed else Exit.DONE)


def _format(file: str, ascii: bool) -> _Outcome:
    from mscnet.language.format import format_bytes

    if os.path.splitext(file)[1].lower() == ".net":
        raise Failure(f"{file} is no mechanism file", "`format` lays out .mech files")
    shown = "<stdin>" if file == "-" else file
    try:
        data = read_bytes_of(file)
        return _Outcome(file, data, format_bytes(data, shown, ascii))
    except MechanismError as error:
        return _Outcome(file, findings=error.diagnostics)


def _write(outcome: _Outcome, console: Console, quiet: bool) -> None:
    if outcome.file == "-":
        if not quiet and not outcome.findings:
            console.out.write(outcome.after.decode("utf-8"))
        return
    if not outcome.changes:
        return
    from mscnet.report.files import write_whole

    path = outcome.file
    if not os.access(path, os.W_OK):
        raise Failure(f"{path} cannot be written: it may only be read")
    try:
        write_whole(path, lambda place: _fill(place, outcome.after))
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None


def _fill(place: Path, data: bytes) -> None:
    place.write_bytes(data)


def _report(outcomes: list[_Outcome], writes: bool, console: Console) -> None:
    """A line on stderr for each file that changes, and one that counts."""
    named = [outcome for outcome in outcomes if outcome.file != "-" or not writes]
    if not named:
        return
    for outcome in named:
        if outcome.changes:
            shown = "<stdin>" if outcome.file == "-" else outcome.file
            console.message(("formatted " if writes else "would format ") + shown)
    changed = sum(outcome.changes for outcome in named)
    failed = sum(bool(outcome.findings) for outcome in named)
    counts = [
        f"{plural(changed, 'file')} {'formatted' if writes else 'would change'}" if changed else "",
        f"{plural(len(named) - changed - failed, 'file')} already so" if changed + failed < len(named) else "",
        f"{plural(failed, 'file')} left alone" if failed else "",
    ]
    console.message(", ".join(count for count in counts if count))


def _diff(outcome: _Outcome) -> str:
    import difflib

    before, after = (_LINE.findall(data.decode("utf-8")) for data in (outcome.before, outcome.after))
    name = "<stdin>" if outcome.file == "-" else outcome.file
    lines = difflib.unified_diff(before, after, name, f"{name} (formatted)")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _as_dict(outcome: _Outcome, writes: bool) -> dict[str, Any]:
    shown = "<stdin>" if outcome.file == "-" else outcome.file
    return {
        "file": shown,
        "changes": outcome.changes,
        "written": outcome.changes and writes and outcome.file != "-",
        "formatted": outcome.after.decode("utf-8") if outcome.file == "-" and not outcome.findings else None,
        "findings": [finding.as_dict() for finding in outcome.findings],
    }
