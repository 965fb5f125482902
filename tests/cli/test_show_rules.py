"""``mscnet show`` of what rules say: rules, contact, influence and graph --rules."""

from __future__ import annotations

import json

import pytest

RULES = """units time = s, concentration = uM
molecule L(r, r), R(l, y~u~p)
species L(r, r) = 1 uM "ligand"
species R(l, y~u) = 2 uM
bind: L(r) + R(l) <-> L(r!1).R(l!1) @ 1 /uM/s, 0.1 /s "one arm"
pair: R(l!+) + R(l!+,y~u) -> R(l!+) + R(l!+,y~p) @ kp
same: R(y~p) + R(y~p) -> R(y~u) + R(y~u) @ kd
parameter kp = 1 /uM/s, kd = 0.3 /uM/s
observable pY "phosphorylated" = molecules R(y~p)
"""

VIEWS = ("rules", "contact", "influence", "graph --rules")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_text(mscnet, view):
    outcome = mscnet(f"show - {view}", stdin=RULES)
    assert (outcome.code, bool(outcome.out.strip()), outcome.err) == (0, True, "")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_json(mscnet, view):
    assert json.loads(mscnet(f"show - {view} --json", stdin=RULES).out)


@pytest.mark.parametrize("view", ["contact", "influence", "graph --rules"])
def test_maps_have_dot(mscnet, view):
    assert mscnet(f"show - {view} --dot", stdin=RULES).out.startswith(("graph", "digraph"))


@pytest.mark.parametrize("view", VIEWS)
def test_pictures_are_written(mscnet, folder, view):
    outcome = mscnet(f"show - {view} --out picture.svg", stdin=RULES)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "wrote picture.svg\n")
    assert (folder / "picture.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("options", "name", "start"),
    [
        ("contact", "x.dot", "graph contact"), ("contact", "x.json", "{"), ("influence", "x.txt", "rule"),
        ("contact --dot", "x.anything", "graph contact"), ("rules --json", "x.anything", "{"),
    ],
)  # fmt: skip
def test_the_file_says_in_which_form(mscnet, folder, options, name, start):
    assert mscnet(f"show - {options} --out {name}", stdin=RULES).code == 0
    assert (folder / name).read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("show one.mech species --rules", "it is there for graph"),
        ("show one.mech species --out x.svg", "one of .txt, .json"),
        ("show one.mech conservation --out x", "needs an extension"),
        ("show one.mech experiments --out x.txt", "has no --out"),
        ("show one.mech rules --dot", "it is there for graph, contact, influence"),
    ],
)
def test_what_a_view_cannot_be_is_wrong_usage(mscnet, line, said):
    outcome = mscnet(line)
    assert (outcome.code, said in outcome.err) == (2, True)


def test_a_folder_that_is_not_there(mscnet):
    assert mscnet("show - contact --out nowhere/x.svg", stdin=RULES).code == 1


def test_the_table_of_rules(mscnet):
    rows = mscnet("show - rules", stdin=RULES).out.splitlines()
    assert rows[0] == "molecules  L(r,r), R(l,y~u~p)"
    cells = {row.split("  ")[0]: row for row in rows}
    assert "L(r) + R(l) -> L(r!1).R(l!1)" in cells["bind"]
    assert "1 /uM/s" in cells["bind"]
    assert "one arm" in cells["bind"]
    assert "unbinds L(r) and R(l)" in cells["bind ←"]
    assert "R(y): u to p" in cells["pair"]
    assert "molecules R(y~p)" in cells["pY"]


def test_statistical_factors_are_those_of_bng2(mscnet):
    """Two equal reactants that change alike: one half, as BNG2 writes in its network."""
    rules = json.loads(mscnet("show - rules --json", stdin=RULES).out)["rules"]
    assert {rule["name"]: rule["factor"] for rule in rules if not rule["reverse"]} == {
        "bind": 1.0, "pair": 1.0, "same": 0.5,
    }  # fmt: skip


def test_the_contact_map_lists_bonds_and_states(mscnet):
    out = mscnet("show - contact", stdin=RULES).out
    assert [line.split("  ")[0] for line in out.splitlines() if "–" in line] == ["L(r) – R(l)"]
    assert "u to p" in out


def test_the_influence_map_lists_what_helps_and_hinders(mscnet):
    rows = {row.split("  ")[0]: row for row in mscnet("show - influence", stdin=RULES).out.splitlines()}
    assert [cell.strip() for cell in rows["pair"].split("  ") if cell] == ["pair", "same, pY", "pair"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_file_without_rules_says_so(mscnet, view):
    outcome = mscnet(f"show one.mech {view}")
    assert (outcome.code, outcome.out) == (0, "no rules\n")


def test_no_network_is_made(mscnet):
    """Rules without an end are shown at once."""
    endless = "molecule A(x, y)\nspecies A(x, y) = 1\nA(x) + A(y) -> A(x!1).A(y!1) @ 1\n"
    for view in VIEWS:
        assert mscnet(f"show - {view}", stdin=endless).code == 0
