"""Every name of a mechanism given another one: the mechanism means the same."""

import re
from pathlib import Path

import pytest

from mscnet import assets
from mscnet.language import check_text
from mscnet.lsp import navigate
from mscnet.lsp.room import Room
from mscnet.mechanism.diff import diff
from mscnet.mechanism.units import UNITS
from tests.lsp.test_questions import TEXT as WRITTEN

NEW = "zz_new"
DOCS = Path(__file__).parent.parent.parent / "docs"


def documented():
    """The mechanisms of the documents, by the document and where in it."""
    for file in sorted(DOCS.glob("*.md")):
        for i, text in enumerate(re.findall(r"^```mech\n(.*?)^```", file.read_text(encoding="utf-8"), re.M | re.S)):
            yield f"{file.stem} {i}", text


TEXTS = {name: assets.mechanism_text(name)[1] for name in assets.mechanism_names()} | dict(documented())


def opened(text):
    room = Room()
    return room, room.open("file:///tmp/renamed.mech", 1, text)


def applied(document, edit):
    """The text after a `WorkspaceEdit`."""
    text = document.text.text
    (edits,) = edit["changes"].values()
    at = [[document.text.offset(**edit["range"][end]) for end in ("start", "end")] for edit in edits]
    for (start, end), each in sorted(zip(at, edits, strict=True), key=lambda pair: pair[0], reverse=True):
        text = text[:start] + each["newText"] + text[end:]
    return text


def found_in(checked):
    return sorted(
        (each.code, each.span.line if each.span else 0) for each in checked.diagnostics if each.code[0] != "N"
    )


def differences(before, after, name):
    """What differs but for the name: what has names of its own is compared by how it is written."""
    changes = diff(before, after).changes
    undone = sorted(re.sub(rf"\b{NEW}\b", name.rpartition(".")[2], change.after) for change in changes)
    return [] if undone == sorted(change.before for change in changes) else changes


def uses(document):
    """Every symbol of a text with its places."""
    index = document.index
    return [(symbol, index.uses(symbol)) for name in index.by_name for symbol in index.called(name)]


def changed_by_renaming(text, step=1):
    """The names of a text after whose renaming it means something else."""
    room, document = opened(text)
    before = check_text(text)
    if before.mechanism is None:
        return []
    bad = []
    for symbol, places in uses(document)[::step]:
        try:
            edit = navigate.rename(room, document, places[0].start, NEW)
        except navigate.Refused:
            continue
        after = check_text(applied(document, edit))
        if found_in(after) != found_in(before) or differences(before.mechanism, after.mechanism, symbol.name):
            bad.append(symbol)
    return bad


@pytest.mark.parametrize("name", sorted(TEXTS)[::4])
def test_some_names(name):
    text = TEXTS[name]
    assert changed_by_renaming(text, 1 + len(uses(opened(text)[1])) // 3) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_a_dozen_names_of_every_text(name):
    text = TEXTS[name]
    assert changed_by_renaming(text, 1 + len(uses(opened(text)[1])) // 12) == []


@pytest.mark.parametrize("name", ["oregonator", "chapman", "michaelis_menten", "written"])
def test_and_back_again(name):
    text = TEXTS.get(name, WRITTEN.replace(" all", " whole"))
    room, document = opened(text)
    for symbol, places in uses(document):
        try:
            edit = navigate.rename(room, document, places[0].start, NEW)
        except navigate.Refused:
            continue
        if symbol.name in UNITS:  # which is no name that can be given
            continue
        other, renamed = opened(applied(document, edit))
        at = next(place.start for place in renamed.index.places() if renamed.text.text.startswith(NEW, place.start))
        back = navigate.rename(other, renamed, at, document.text.text[places[0].start : places[0].end])
        assert applied(renamed, back) == text, symbol


@pytest.mark.parametrize(
    ("text", "mark", "why"),
    [
        ("for E in Te, Se { Cd{E} -> 0 @ k }", "E in", "stands in the names of a family"),
        ("for E in Te, Se { s{E}: Cd{E} -> 0 @ k }", "s{E}", "is a member of the family"),
        ("for E in Te, Se { Cd{E} -> 0 @ k }\nobservable x = [CdTe]", "CdTe", "is a member of the family"),
        ("A -> B @ k*R*temperature\ntemperature = 300 K", "R*", "word of mscnet"),
        ("A -> B @ 2 mM/min", "mM", "word of mscnet"),
        ("A -> B @ k # A", "# A", "no name here"),
    ],
)  # fmt: skip
def test_refused(text, mark, why):
    room, document = opened(text)
    with pytest.raises(navigate.Refused, match=why):
        navigate.can_rename(room, document, text.index(mark) + (2 if mark == "# A" else 0))
