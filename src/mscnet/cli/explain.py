"""``mscnet explain``: what a code such as ``E012`` means."""

from __future__ import annotations

import argparse

from mscnet import codes
from mscnet.cli.console import Console, is_terminal, wants_colour
from mscnet.cli.exits import Exit, Failure
from mscnet.diagnostics import suggest

EXAMPLES = """examples:
  mscnet explain E012
  mscnet explain
  mscnet check --explain W062"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("codes", metavar="CODE", nargs="*", help="a code as messages give it; none: the list of all")
    parser.add_argument("--json", action="store_true", help="code, severity, title, page of each as a list of objects")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Prints the pages of the codes, or the list of all codes."""
    wanted = [code.upper().strip("[]`") for code in arguments.codes]
    for given, code in zip(arguments.codes, wanted, strict=True):
        if code not in codes.CODES:
            near = suggest(code, codes.CODES)
            raise Failure(f"there is no code {given}", near or "`mscnet explain` lists them", Exit.USAGE)
    if arguments.json:
        console.result_json([_as_dict(code) for code in wanted or codes.CODES])
        return Exit.DONE
    if not wanted:
        console.result("\n".join(f"{code}  {codes.CODES[code].title}" for code in codes.CODES))
        return Exit.DONE
    explain(wanted, console)
    return Exit.DONE


def explain(wanted: list[str], console: Console) -> None:
    """Prints the pages of `wanted`, as text for a terminal where there is one."""
    from mscnet.report.pages import for_terminal

    colour = is_terminal(console.out) and wants_colour(console.out)
    console.result("\n\n".join(for_terminal(codes.page(code), colour) for code in wanted))


def _as_dict(code: str) -> dict[str, str]:
    entry = codes.CODES[code]
    return {"code": code, "severity": entry.severity, "title": entry.title, "page": codes.page(code)}
