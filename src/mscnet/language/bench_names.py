"""The names that bottles and media declare, entered in the scope of the file."""

from __future__ import annotations

from mscnet.diagnostics import declaring, suggest
from mscnet.language.declare import Declarations, value_node
from mscnet.language.media import NEAT, Media, main_name
from mscnet.language.scope import KIND_WORDS, Entry, Reporter
from mscnet.language.syntax import BenchX, DeclarationX, Word
from mscnet.language.syntax_protocol import MediumX


def declare_bench(found: Declarations, report: Reporter) -> None:
    """Enter solvents (as the parameters that they are), neat liquids and solids (as species), and values by medium."""
    for statement, pathway in found.bench:
        if statement.kind == "solvent":
            _declare_solvent(statement, found, report)
        elif statement.kind in ("liquid", "solid") and pathway is None:
            found.scope.use("species", statement.name, None)
    solvents = found.solvents
    for statement, pathway in found.bench:
        if statement.kind == "medium":
            _declare_medium(statement, pathway, solvents, found, report)


def _declare_solvent(statement: BenchX, found: Declarations, report: Reporter) -> None:
    word = statement.name
    if word.name == NEAT:
        report.error("E011", "`neat` is the medium without a solvent, so no solvent is called so", word.start, word.end)
    elif found.scope.declare("parameter", word, None):
        found.scope.common[main_name(word.name)] = Entry("parameter", word.start, word.end)


def _declare_medium(
    statement: BenchX, pathway: str | None, solvents: list[str], found: Declarations, report: Reporter
) -> None:
    medium, content = statement.name, statement.content
    assert isinstance(content, MediumX)
    if medium.name not in (*solvents, NEAT):
        hint = suggest(medium.name, [*solvents, NEAT]) or declaring("solvent", medium.name)
        report.error("E010", f"unknown solvent `{medium.name}`", medium.start, medium.end, hint)
        return
    for inner in content.statements:
        node = value_node(inner) if isinstance(inner, DeclarationX) and inner.kind == "definition" else None
        if node is None:
            message = f"`in {medium.name} {{ … }}` holds values alone, such as `k1 = 0.2 /min`"
            report.error("E009", message, inner.start, inner.end)
            continue
        assert isinstance(inner, DeclarationX)
        media = _media_of(inner.name, pathway, found, report)
        if media is None:
            continue
        if medium.name in media.cases:
            first = media.cases[medium.name][0]
            place = (("first given here", first.start, first.end),)
            message = f"`{inner.name.name}` is given twice in {medium.name}"
            report.error("E011", message, inner.name.start, inner.name.end, related=place)
            continue
        media.cases[medium.name] = (inner.name, node)


def _media_of(word: Word, pathway: str | None, found: Declarations, report: Reporter) -> Media | None:
    """What is known of a name by medium, entered where it is new; None, with an error, where the name is taken."""
    scope, key = found.scope, (word.name, pathway)
    if key in found.media:
        return found.media[key]
    entry = scope.find(word.name, pathway)
    if entry is None:
        if not scope.declare("definition", word, pathway):
            return None
        entry = scope.find(word.name, pathway)
    elif entry.kind not in ("parameter", "definition") or scope.home(word.name, pathway) != pathway:
        what = f"{KIND_WORDS[entry.kind]} of all pathways" if pathway and entry.kind in KIND_WORDS else None
        message = f"`{word.name}` is {what or KIND_WORDS[entry.kind]}, so it has no value of its own in a medium"
        report.error("E011", message, word.start, word.end, related=(("declared here", entry.start, entry.end),))
        return None
    assert entry is not None
    media = found.media[key] = Media(word, parameter=entry.kind == "parameter")
    if media.parameter:
        entry.by_medium = media.derived
        table = scope.common if pathway is None else scope.local[pathway]
        table[media.derived] = Entry("definition", word.start, word.end)
    return media
