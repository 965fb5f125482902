"""Structured species and rules in an editor: what is found at their names, offered, and given another name."""

import pytest

from mscnet.language.index import Index
from mscnet.lsp.complete import complete
from mscnet.lsp.navigate import Refused, rename
from mscnet.lsp.outline import symbols
from mscnet.lsp.room import Room

TEXT = """\
molecule L(r, r), R(l, kin~u~p)
species L(r, r) = 1 mM, R(l, kin~u) = r
parameter r = 1 mM
bind: L(r) + R(l) <-> L(r!1).R(l!1) @ kon, koff
R%x(kin~u, l!+) -> R%x(kin~p, l!+) @ kp*Bound(x) include_reactants(1, R(l!+))
ATP + R(kin~p) -> R(kin~u) @ r*kq
observable Bound = molecules R(l!+), ATP
energy pattern L(r!1).R(l!1) = -2
"""


def opened(text):
    room = Room()
    return room, room.open("file:///tmp/rules.mech", 1, text)


def places(text, space, name, owner=""):
    return [
        text[place.start : place.end]
        for place in Index(text).places()
        if (place.key.space, place.key.name, place.key.owner) == (space, name, owner)
    ]


def test_names_of_patterns_are_told_apart_from_others():
    assert len(places(TEXT, "molecule", "R")) == 11
    assert len(places(TEXT, "site", "l", "R")) == 9
    assert len(places(TEXT, "state", "u", "R.kin")) == 4
    assert len(places(TEXT, "name", "r")) == 3


def renamed(text, piece, new, skip=0):
    """The text once the name that `piece` ends in has another one."""
    room, document = opened(text)
    at = text.index(piece) + len(piece) - 1 - skip
    (edits,) = rename(room, document, at, new)["changes"].values()
    spans = [[document.text.offset(**edit["range"][end]) for end in ("start", "end")] for edit in edits]
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize(
    ("piece", "new", "expected"),
    [
        ("molecule L", "Lig", TEXT.replace("L(", "Lig(")),
        ("R(l", "lig", TEXT.replace("(l", "(lig").replace(", l!", ", lig!")),
        ("kin~u", "off", TEXT.replace("~u", "~off")),
        ("R%x", "y", TEXT.replace("%x", "%y").replace("(x)", "(y)")),
        ("ATP", "GTP", TEXT.replace("ATP", "GTP")),
    ],
)
def test_a_name_of_a_pattern_is_changed_wherever_it_stands(piece, new, expected):
    if piece == "ATP":
        text = TEXT + "molecule ATP()\n"
        assert renamed(text, piece, new) == text.replace("ATP", "GTP")
        return
    assert renamed(TEXT, piece, new) == expected


@pytest.mark.parametrize(
    ("text", "piece", "new"),
    [
        (TEXT, "molecule L", "R"),
        (TEXT, "kin~u", "p"),
        (TEXT + 'option max_stoich = "L:3"\n', "molecule L", "Lig"),
        ("for E in Te, Se { molecule M{E}(e) }\nMTe(e) -> 0 @ k\n", "\nMTe(e", "f"),
    ],
)
def test_what_would_mean_something_else_is_refused(text, piece, new):
    with pytest.raises(Refused):
        renamed(text, piece, new)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("R(", {"l", "kin"}),
        ("R(l, ", {"l", "kin"}),
        ("R(kin~", {"u", "p"}),
        ("L(r!1).", {"L(", "R("}),
        ("", {"L(", "R(", "molecule"}),
    ],
)
def test_names_are_offered_where_they_may_stand(line, wanted):
    room, document = opened(TEXT + line)
    offered = {item["label"] for item in complete(room, document, len(TEXT + line))["items"]}
    assert wanted <= offered


def test_molecules_and_labels_are_in_the_outline():
    _, document = opened(TEXT)
    assert [node["name"] for node in symbols(document)] == ["L", "R", "r", "bind", "Bound"]
