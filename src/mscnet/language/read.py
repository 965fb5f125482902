"""One file, read: text to a mechanism whose names are resolved and whose dimensions are inferred."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mscnet.diagnostics import Source
from mscnet.language.declare import Declarations
from mscnet.language.elaborate import elaborate
from mscnet.language.infer import assign_dimensions
from mscnet.language.parse import parse_marked
from mscnet.language.scope import Reporter
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.language.imports import Loader
    from mscnet.language.modules import Module


def read_mechanism(source: Source, report: Reporter, loader: Loader | None = None) -> tuple[Mechanism, Declarations]:
    """The mechanism of a text with all that it imports; what is wrong is reported and left out.

    `loader` has the files that are read already, where this one is imported.
    """
    statements, slips, families = parse_marked(source)
    report.lost = slips.lost
    for slip in slips:
        report.add(slip)
    if not statements and not slips:
        report.error("E006", "there is nothing in this file", 0, 1, "write a reaction: `A -> B @ 0.1`")
    if families:
        from mscnet.language.families import expand

        statements = expand(statements, report)
    mechanism, found = elaborate(statements, source, _name_of(source), report, loader)
    mechanism = assign_dimensions(mechanism, found.scope, found.concentration, report, found.alike)
    if found.lost:
        report.forget(found.lost)
    return mechanism, found


def read_module(source: Source, key: str, loader: Loader) -> Module:
    """A file that another one imports, with its errors."""
    from mscnet.language.checks import run_checks
    from mscnet.language.modules import Module, Part, inferred

    report = Reporter(source)
    mechanism, found = read_mechanism(source, report, loader)
    run_checks(mechanism, report, False)
    errors = tuple(found for found in report.diagnostics if found.severity == "error")
    if errors or found.own is None:
        return Module(key, source, None, diagnostics=errors)
    parts = (Part(key, source.name, found.own), *found.parts)
    known = tuple(replace(part, mechanism=inferred(part.mechanism, mechanism)) for part in parts)
    if mechanism.events and mechanism.option("volume") is not None:
        from mscnet.language.modules import with_volume

        known = tuple(replace(part, mechanism=with_volume(part.mechanism, mechanism)) for part in known)
    return Module(key, source, mechanism, known, found.scope, found.concentration)


def _name_of(source: Source) -> str:
    """The mechanism's name: the file's, without folder and suffix."""
    base = os.path.basename(source.name)
    return os.path.splitext(base)[0].strip("<>") or "mechanism"
