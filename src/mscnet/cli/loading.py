"""FILE arguments: a path, ``-`` for standard input, or the name of a mechanism that ships."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mscnet.cli.console import Console, count_findings, is_terminal
from mscnet.cli.exits import Failure, not_yet
from mscnet.diagnostics import MechanismError

if TYPE_CHECKING:
    from mscnet.language import CheckResult
    from mscnet.mechanism.mechanism import Mechanism

#: What the FILE argument is, for every command's help.
FILE_HELP = "a path, - for standard input, or the name of a mechanism that ships with mscnet (cdtese)"

#: Formats of other programs that mscnet will read one day; what it reads now is in `mscnet.interop.READERS`.
_FOREIGN = {".xml": "SBML", ".sbml": "SBML", ".ant": "Antimony"}


def read_file(file: str, console: Console, strict: bool = False) -> CheckResult:
    """What reading FILE gave: a mechanism, or None, and every finding; `strict` looks for more.

    Raises:
        Failure: a format that mscnet does not read yet.
    """
    from mscnet import interop
    from mscnet.language import check_bytes

    extension = os.path.splitext(file)[1].lower()
    if extension in _FOREIGN:
        known = ", ".join([".mech", *interop.READERS])
        raise not_yet(f"reading {_FOREIGN[extension]} ({file}) is", f"mscnet reads {known}")
    if file != "-":
        return interop.check(file, strict)
    if is_terminal(sys.stdin):
        console.message("reading a mechanism from the terminal; end it with Ctrl-D")
    return check_bytes(standard_input(), "<stdin>", strict)


def read_mechanism(file: str, pathway: str | None, console: Console, expand: bool = True) -> Mechanism:
    """The one model that FILE and ``--pathway`` name; warnings go to stderr.

    Its rules are written out as a network unless `expand` is false.

    Raises:
        MechanismError: errors in the file, or no such pathway.
        Failure: a format that mscnet does not read yet.
    """
    result = read_file(file, console)
    if result.mechanism is None:
        raise MechanismError(result.diagnostics)
    warnings = [finding for finding in result.diagnostics if finding.severity == "warning"]
    console.diagnostics(warnings)
    model = choose_pathway(result.mechanism, pathway, console)
    return with_network(model, console) if expand else model


def with_network(model: Mechanism, console: Console) -> Mechanism:
    """The model with the network of its rules; itself where it has none, or where a pathway is still to be chosen.

    Raises:
        MechanismError: a rule cannot be applied.
        Failure: Ctrl-C was pressed.
    """
    if model.structure is None or (model.pathways and model.pathway is None):
        return model
    from mscnet.cli.expanding import expanded

    return expanded(model, console)


def choose_pathway(mechanism: Mechanism, pathway: str | None, console: Console) -> Mechanism:
    """The model of `pathway`, or else of the default one, which is then named on stderr.

    Raises:
        MechanismError: no such pathway.
    """
    if pathway is not None:
        return mechanism.with_pathway(pathway)
    chosen = mechanism.chosen
    if chosen.pathway is not None:
        others = [p.name for p in mechanism.pathways if p.name != chosen.pathway]
        rest = f" (--pathway takes another: {', '.join(others)})" if others else ""
        console.message(f"pathway: {chosen.pathway}{rest}")
    return chosen


def read_bytes_of(file: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``.

    Raises:
        MechanismError: no such file, or one that is too large.
    """
    from mscnet.language.source import read_bytes

    return standard_input() if file == "-" else read_bytes(file)


def standard_input() -> bytes:
    if sys.stdin is None:
        raise Failure("standard input is closed", "name a file, or send a mechanism through a pipe")
    try:
        buffer = getattr(sys.stdin, "buffer", None)  # a text stream may stand in for it
        data = sys.stdin.read().encode("utf-8", "surrogateescape") if buffer is None else buffer.read()
        return bytes(data)
    except OSError as error:
        raise Failure(f"standard input cannot be read: {error.strerror}") from None


def summary(file: str, result: CheckResult) -> str:
    """One line on a file: what it holds and what was found."""
    file, found = ("<stdin>" if file == "-" else file), count_findings(result.diagnostics)
    if result.mechanism is None:
        return f"{file}: {found}"
    return f"{file}: {contents(result.mechanism)}, {found}"


def contents(mechanism: Mechanism) -> str:
    """``9 species, 8 reactions`` and pathways, where there are any; ``2 seed species, 3 rules`` with rules."""
    from mscnet.cli.console import plural

    counts = counted(mechanism)
    if mechanism.pathways:
        counts.append(plural(len(mechanism.pathways), "pathway"))
    return ", ".join(counts)


def counted(mechanism: Mechanism) -> list[str]:
    """How many species, reactions and rules a file has; no zeros where rules stand in their place."""
    from mscnet.cli.console import plural

    structure = mechanism.structure
    plain = ((len(mechanism.species), "species"), (len(mechanism.reactions), "reaction"))
    if structure is None:
        return [plural(number, what) for number, what in plain]
    ruled = ((len(structure.seeds), "seed species"), (len(structure.rules), "rule"))
    return [plural(number, what) for number, what in (*plain, *ruled) if number] or [plural(0, "rule")]
