"""``mscnet expand``: the plain mechanism that families and imports stand for."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from mscnet import interop
from mscnet.cli.console import Console, plural
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.loading import FILE_HELP, choose_pathway, read_file
from mscnet.cli.outputs import check_place
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism

EXAMPLES = """examples:
  mscnet expand growth.mech
  mscnet expand growth.mech --out plain.mech
  mscnet expand growth.mech --to net --out growth.net
  mscnet expand cdtese --pathway eq1"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--to", metavar="FORMAT", choices=tuple(interop.WRITERS), help="mech (the default) or net")
    parser.add_argument("--out", metavar="FILE", help="write it there, not to standard output; .net is a format, too")
    parser.add_argument("--pathway", metavar="P", help="this pathway alone; without it, all of them")
    parser.add_argument("--json", action="store_true", help="print one object with the text and its counts")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Reads the file, writes out what it stands for."""
    form = _format(arguments.to, arguments.out)
    if arguments.out is not None:
        check_place("--out", arguments.out)
    mechanism = _read(arguments.file, arguments.pathway, form, console)
    lines = (line + "\n" for line in interop.lines_of(mechanism, form))
    if arguments.out is not None:
        _write(arguments.out, lines)
        console.message(f"wrote {arguments.out} ({_counts(mechanism)})")
    if arguments.json:
        text = None if arguments.out is not None else "".join(lines)
        console.result_json(
            {
                "file": arguments.out, "format": form, "text": text, "pathway": mechanism.pathway,
                "species": len(mechanism.species), "reactions": len(mechanism.reactions),
                "parameters": len(mechanism.parameters),
            }
        )  # fmt: skip
    elif arguments.out is None:
        console.out.write("".join(lines))  # at once: nothing is printed where something cannot be written
        console.message(_counts(mechanism))
    return Exit.DONE


def _format(asked: str | None, out: str | None) -> str:
    """The format that is asked for, else that of the file's extension."""
    if asked is not None:
        return asked
    extension = Path(out).suffix.lower().removeprefix(".") if out is not None else "mech"
    if extension not in interop.WRITERS:
        known = ", ".join(interop.WRITERS)
        raise Failure(f"--out {out}: the extension names no format", f"say which with --to: {known}", Exit.USAGE)
    return extension


def _read(file: str, pathway: str | None, form: str, console: Console) -> Mechanism:
    result = read_file(file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    console.diagnostics([finding for finding in result.diagnostics if finding.severity == "warning"])
    if pathway is None and form == "mech":
        return result.mechanism
    return choose_pathway(result.mechanism, pathway, console)


def _counts(mechanism: Mechanism) -> str:
    counts = [plural(len(mechanism.species), "species"), plural(len(mechanism.reactions), "reaction")]
    if mechanism.pathway is None and mechanism.pathways:
        counts.append(plural(len(mechanism.pathways), "pathway"))
    return ", ".join(counts)


def _write(path: str, lines: Iterable[str]) -> None:
    from mscnet.report.files import write_whole

    def fill(place: Path) -> None:
        with place.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)

    try:
        write_whole(path, fill)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror or error}") from None
