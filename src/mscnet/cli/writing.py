"""Mechanisms written in a format: for ``expand``, ``import`` and ``export``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mscnet import interop
from mscnet.cli.console import Console, plural
from mscnet.cli.exits import Exit, Failure
from mscnet.cli.loading import counted
from mscnet.cli.outputs import check_place
from mscnet.mechanism.mechanism import Mechanism


def chosen_format(asked: str | None, out: str | None, known: Sequence[str] = tuple(interop.WRITERS)) -> str:
    """The format that is asked for, else that of the file's extension; the place of the file is checked, too.

    Raises:
        Failure: the extension names no format, or the file cannot be written there.
    """
    if out is not None:
        check_place("--out", out)
    if asked is not None:
        return asked
    extension = Path(out).suffix.lower().removeprefix(".") if out is not None else "mech"
    if extension not in known:
        raise Failure(
            f"--out {out}: the extension names no format", f"say which with --to: {', '.join(known)}", Exit.USAGE
        )
    return extension


def write_out(
    mechanism: Mechanism, form: str, lines: Iterable[str], arguments: argparse.Namespace, console: Console,
    more: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Writes the lines to ``--out`` or to standard output, or all in one object with ``--json``."""
    whole = (line + "\n" for line in lines)
    if arguments.out is not None:
        _write(arguments.out, whole)
        console.message(f"wrote {arguments.out} ({counts_of(mechanism)})")
    if arguments.json:
        text = None if arguments.out is not None else "".join(whole)
        console.result_json(
            {
                "file": arguments.out, "format": form, "text": text, "pathway": mechanism.pathway,
                "species": len(mechanism.species), "reactions": len(mechanism.reactions),
                "parameters": len(mechanism.parameters), **(more or {}),
            }
        )  # fmt: skip
    elif arguments.out is None:
        console.out.write("".join(whole))  # at once: nothing is printed where something cannot be written
        console.message(counts_of(mechanism))


def counts_of(mechanism: Mechanism) -> str:
    """``9 species, 8 reactions``, with rules and pathways where there are some."""
    counts = counted(mechanism)
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
