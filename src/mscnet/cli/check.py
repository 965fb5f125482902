"""``mscnet check``: reads files and reports every finding."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.data import file_findings
from mscnet.cli.exits import Exit, code_of, not_yet
from mscnet.cli.loading import FILE_HELP, read_file, summary
from mscnet.diagnostics import Diagnostic
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.language import CheckResult

EXAMPLES = """examples:
  mscnet check cdtese.mech
  mscnet check --strict mechanisms/*.mech
  echo 'A -> B @ 0.1' | mscnet check - --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=FILE_HELP)
    parser.add_argument("--json", action="store_true", help="print one list with every finding as an object")
    parser.add_argument(
        "--strict", action="store_true", help="warnings fail too, and rate constants declared only by use are reported"
    )
    parser.add_argument("--fix", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads each file, prints its findings to stderr and a line about it to stdout."""
    if arguments.fix:
        raise not_yet("`check --fix` is", "the findings say how to mend each place by hand")
    found: list[Diagnostic] = []
    for file in arguments.files:
        result = _with_files(read_file(file, console, arguments.strict))
        found += result.diagnostics
        if not arguments.json:
            for finding in result.diagnostics:
                console.message(finding.render(console.colour) + "\n")
            console.result(summary(file, result))
    if arguments.json:
        console.result_json([finding.as_dict() for finding in found])
    return code_of(found, arguments.strict)


def _with_files(result: CheckResult) -> CheckResult:
    """The findings with those in the files of data and spectra that the mechanism names."""
    if result.mechanism is None:
        return result
    return replace(result, diagnostics=(*result.diagnostics, *file_findings(result.mechanism)))
