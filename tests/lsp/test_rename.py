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


STATES = "molecule F(m~Cd~Zn)\n"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("ring: A[i] <-> A[mod(‸i, 4) + 1] @ k, k for ‸i in 1 .. 4", 3),
        ("species A[1] = 1 mM\nparameter ‸N = 4\n A[n] -> A[mod(n, ‸N) + 1] @ k for n in 1 .. N", 3),
        ("molecule L(r), R(‸l)\nL(r)@EC + R(l)@PM <-> L(r!1)@EC.R(‸l!1)@PM @ 1, 1", 3),
        ("compartment ‸EC = 1, PM = 1 in EC\nmolecule L(r), R(l)\nL(r!1)@‸EC.R(l!1)@PM -> 0 @ 1", 3),
        ("molecule L(‸r~u~p)\nL(r~u) -> L(r~p) @ k\nsolution a { L(‸r~u) = 2 uM }", 4),
        ("molecule L(r~‸u~p)\nL(r~u) -> L(r~p) @ k\nsolution a { L(r~‸u) = 2 uM }", 3),
        ("molecule ‸L(r)\nL(r) -> 0 @ k\nliquid a { ‸L(r) = 2 M }", 3),
    ],
)
def test_places(text, places):
    marked, text = text, text.replace("‸", "")
    for number, part in enumerate(marked.split("‸")[:-1]):
        room, document = opened(text)
        at = len("".join(marked.split("‸")[: number + 1]))
        (edits,) = navigate.rename(room, document, at, NEW)["changes"].values()
        assert len(edits) == places, part


LIBRARY = """\
unit c0
units time = min, concentration = c0
molecule F(m~Cd~Zn, x), P()
F(m~Cd) -> F(m~Zn) + P() @ 1 /min
"""
USER = """\
import "library.mech" as lib
unit c0
units time = min, concentration = c0
species lib.F(m~Cd, x) = 1 c0
observable X = molecules lib.F(m~Zn)
"""
PLAIN = USER.replace(" as lib", "").replace("lib.", "") + "F(x) -> P @ 1 /min\n"


@pytest.mark.parametrize("user", [USER, PLAIN], ids=["prefix", "plain"])
@pytest.mark.parametrize(
    ("name", "places"), [("F", (3, 2)), ("m", (3, 2)), ("Cd", (2, 1)), ("c0", (2, 3)), ("P", (2, 0))]
)
def test_names_that_an_import_brings(tmp_path, user, name, places):
    room = Room()
    files = {"library": LIBRARY, "user": user}
    documents = {key: room.open((tmp_path / f"{key}.mech").as_uri(), 1, text) for key, text in files.items()}
    expected = places if user is USER or name not in "FP" else (places[0], places[1] + 1)
    for key, text in files.items():
        found = re.search(rf"\b{name}\b", text)
        if found is None:
            continue
        changes = navigate.rename(room, documents[key], found.start(), NEW)["changes"]
        made = {uri.rpartition("/")[2].removesuffix(".mech"): edits for uri, edits in changes.items()}
        assert (len(made["library"]), len(made.get("user", ()))) == expected
        renamed = [applied(documents[each], {"changes": {each: edits}}) for each, edits in made.items()]
        assert "\n".join(renamed).count(NEW) == sum(expected)
        assert not any(re.search(rf"\b{name}\b", each) for each in renamed)


def test_a_prefix_stands_before_molecules(tmp_path):
    room = Room()
    room.open((tmp_path / "library.mech").as_uri(), 1, LIBRARY)
    document = room.open((tmp_path / "user.mech").as_uri(), 1, USER)
    edit = navigate.rename(room, document, USER.index("lib\n"), NEW)
    assert applied(document, edit) == re.sub(r"\blib\b", NEW, USER)


@pytest.mark.parametrize(
    ("text", "mark", "why"),
    [
        ("for E in Te, Se { Cd{E} -> 0 @ k }", "E in", "stands in the names of a family"),
        ("for E in Te, Se { s{E}: Cd{E} -> 0 @ k }", "s{E}", "is a member of the family"),
        ("for E in Te, Se { Cd{E} -> 0 @ k }\nobservable x = [CdTe]", "CdTe", "is a member of the family"),
        ("A -> B @ k*R*temperature\ntemperature = 300 K", "R*", "word of mscnet"),
        ("A -> B @ 2 mM/min", "mM", "word of mscnet"),
        ("A -> B @ k # A", "# A", "no name here"),
        (f"{STATES}for M in Cd, Zn {{ F(m~{{M}}) -> 0 @ k }}", "Cd", "is a member of the family `{M}`"),
        (f"{STATES}for M in Cd, Zn {{ F(m~{{M}}) -> 0 @ k }}", "m~Cd", None),
        ("molecule F(s1, s2)\nfor S in s1, s2 { F({S}!+) -> 0 @ k }", "s1", "is a member of the family `{S}`"),
        ("molecule F1(x), F2(x)\nfor N in F1, F2 { {N}(x) -> 0 @ k }", "F1", "is a member of the family `{N}`"),
        ("species Te = 1 mM\nfor E in Te, Se { Cd{E} -> {E} @ k }", "Te", "is a value of a loop.*`Cd{E}`"),
        ('import "me_clusters"\nunit c0\nspecies amine(n) = 1 c0', "c0", "is a unit of `me_clusters`, too"),
        ('import "me_clusters"\nobservable a = molecules amine(n)', "n)", "ships with mscnet"),
        ('molecule L(r)\nL() -> 0 @ 1\noption max_stoich = "L:3"', "L(", "that of `max_stoich`"),
    ],
)  # fmt: skip
def test_refused(text, mark, why):
    room, document = opened(text)
    at = text.index(mark) + (2 if mark == "# A" else 0)
    if why is None:  # what is beside a family
        assert navigate.can_rename(room, document, at)["placeholder"] == mark.partition("~")[0]
        return
    with pytest.raises(navigate.Refused, match=why):
        navigate.can_rename(room, document, at)
