"""From rules to a network at the entry of a command: limits, progress, and what is to be said of the network."""

from __future__ import annotations

import argparse
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mscnet.cli.console import Console, is_terminal, plural
from mscnet.cli.exits import Exit, Failure
from mscnet.mechanism.structure import Limits

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism
    from mscnet.rules.expand import Expansion

#: Seconds before progress is shown, and between two lines of it.
_PATIENCE, _PAUSE = 1.0, 0.1


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say where the generation of a network ends."""
    group = parser.add_argument_group("rules")
    group.add_argument("--max-iter", metavar="N", type=_count, help="at most so many iterations over the rules")
    group.add_argument("--max-agg", metavar="N", type=_count, help="species of at most so many molecules")
    group.add_argument("--max-species", metavar="N", type=_count, help="end generation at so many species")
    group.add_argument("--max-reactions", metavar="N", type=_count, help="end generation at so many reactions")
    group.add_argument("--max-stoich", metavar="M:N", type=_stoichiometry,
                       help="at most so many molecules of a kind in a species, as in R:5,L:3")  # fmt: skip


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 12 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 1")
    return int(text)


def _stoichiometry(text: str) -> tuple[tuple[str, int], ...]:
    pairs = []
    for part in text.split(","):
        name, colon, number = (word.strip() for word in part.partition(":"))
        if not (name and colon):
            raise argparse.ArgumentTypeError(f"`{part}` is not a molecule and its number, as in R:5")
        pairs.append((name, _count(number)))
    return tuple(pairs)


def limits_of(arguments: argparse.Namespace) -> Limits:
    """The limits that the arguments set; the file's hold for the others."""
    return Limits(
        iterations=arguments.max_iter,
        molecules=arguments.max_agg,
        of_type=arguments.max_stoich or (),
        species=arguments.max_species,
        reactions=arguments.max_reactions,
    )


def expanded(mechanism: Mechanism, console: Console) -> Mechanism:
    """The model with the network of its rules written out; itself where it has no rules.

    Raises:
        Failure: Ctrl-C was pressed.
    """
    if mechanism.structure is None:
        return mechanism
    expansion = expand_with_progress(mechanism, console)
    if expansion.generated.ending == "interrupted":
        made = f"{counts(expansion)} had been generated"
        raise Failure(f"interrupted; {made}", "mscnet expand FILE --out FILE keeps what there is", Exit.INTERRUPTED)
    return expansion.mechanism


def expand_with_progress(mechanism: Mechanism, console: Console, limits: Limits | None = None) -> Expansion:
    """Generates the network of the rules and says on stderr what is to be said of it."""
    from mscnet.rules.endings import stopped
    from mscnet.rules.expand import expand_network

    with Progress(console) as progress:
        expansion = expand_network(mechanism, limits, progress.update)
    console.diagnostics(expansion.findings)
    end = stopped(expansion.generated)
    if end is not None and not expansion.findings and expansion.generated.ending != "interrupted":
        console.message(f"rules: {counts(expansion)}; {end}")
    return expansion


def counts(expansion: Expansion) -> str:
    """``12 species, 40 reactions``."""
    made = expansion.mechanism
    return f"{plural(len(made.species), 'species')}, {plural(len(made.reactions), 'reaction')}"


class Progress:
    """Counts of species and reactions on stderr, where that is a terminal and generation takes its time."""

    def __init__(self, console: Console) -> None:
        self._wanted = is_terminal(console.err)
        self._stream = console.err
        self._start = time.monotonic()
        self._shown = 0.0
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()

    def update(self, iteration: int, species: int, reactions: int) -> None:
        """Shows how far generation has come."""
        if not self._wanted:
            return
        now = time.monotonic()
        if now - self._start < _PATIENCE or now - self._shown < _PAUSE:
            return
        self._shown = now
        rate = reactions / (now - self._start)
        text = f"rules, iteration {iteration}: {species:,} species, {reactions:,} reactions, {rate:,.0f} /s"
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = max(self._width, len(text))


def as_data(expansion: Expansion) -> dict[str, Any]:
    """How generation ended, for ``--json``."""
    generated = expansion.generated
    return {"ending": generated.ending, "iterations": generated.iterations}
