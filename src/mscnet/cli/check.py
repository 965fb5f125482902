"""``mscnet check``: reads files and reports every finding; with ``--fix`` it mends what is safely mended."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.cli.data import file_findings
from mscnet.cli.exits import Exit, Failure, code_of
from mscnet.cli.loading import FILE_HELP, read_file, summary
from mscnet.diagnostics import Diagnostic
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.language import CheckResult

EXAMPLES = """examples:
  mscnet check cdtese.mech
  mscnet check --strict mechanisms/*.mech
  mscnet check --fix draft.mech
  echo 'A -> B @ 0.1' | mscnet check - --json"""

FORMATS = ("text", "json", "lsp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("files", metavar="FILE", nargs="*", help=FILE_HELP)
    parser.add_argument("--json", action="store_true", help="print one list with every finding as an object")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="text (the default), json (as --json), or lsp: what a language server publishes, a list with an object "
        "a file, with the fixes as edits",
    )
    parser.add_argument(
        "--strict", action="store_true", help="warnings fail too, and rate constants declared only by use are reported"
    )
    parser.add_argument(
        "--fix", action="store_true", help="make the fixes that are safe in the files; with - the text is printed"
    )
    parser.add_argument("--explain", metavar="CODE", help="print what a code means, such as E012, and leave")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads each file, prints its findings to stderr and a line about it to stdout."""
    if arguments.explain is not None:
        from mscnet.cli import explain

        return explain.run(argparse.Namespace(codes=[arguments.explain], json=arguments.json), console)
    form = arguments.format or ("json" if arguments.json else "text")
    if not arguments.files:
        raise Failure("check needs a FILE", "mscnet check --help", Exit.USAGE)
    if arguments.fix and "-" in arguments.files and form != "text":
        raise Failure("`check - --fix` prints the text that it has mended, so it prints no JSON", None, Exit.USAGE)
    found: list[Diagnostic] = []
    for file in arguments.files:
        result = _with_files(_read(file, console, arguments))
        found += result.diagnostics
        if form == "text":
            for finding in result.diagnostics:
                console.message(finding.render(console.colour) + "\n")
            printed = arguments.fix and file == "-"
            (console.message if printed else console.result)(summary(file, result))
    if form == "json":
        console.result_json([finding.as_dict() for finding in found])
    elif form == "lsp":
        from mscnet.report.lsp import published

        names = ["<stdin>" if file == "-" else file for file in arguments.files]
        console.result_json(published(found, names))
    return code_of(found, arguments.strict)


def _read(file: str, console: Console, arguments: argparse.Namespace) -> CheckResult:
    if not arguments.fix:
        return read_file(file, console, arguments.strict)
    from mscnet.cli.mending import mend_file

    return mend_file(file, console, arguments.strict)


def _with_files(result: CheckResult) -> CheckResult:
    """The findings with those in the files of data and spectra that the mechanism names."""
    if result.mechanism is None:
        return result
    return replace(result, diagnostics=(*result.diagnostics, *file_findings(result.mechanism)))
