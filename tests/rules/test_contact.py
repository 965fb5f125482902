"""Contact maps counted by hand."""

from __future__ import annotations

import networkx

from mscnet.rules.contact import contact_map
from tests.rules.reading import structure

MODEL = structure(
    ["L(r,r)", "R(l,y~u~p)", "K(sh,act~off~on)", "X(a)"],
    ["L(r!1,r).R(l!1,y~u)", "K(sh,act~off)"],
    [
        "L(r) + R(l) <-> L(r!1).R(l!1)",
        "R(y~u,l!1).L(r!1) -> R(y~p,l!1).L(r!1)",
        "R(y~p) + K(sh) -> R(y~p!1).K(sh!1)",
        "K(act~off) -> K(act~on)",
        "K(act~on) -> 0 DeleteMolecules",
        "0 -> K(sh,act~off)",
        "X(a!1).R(y!1) -> X(a) + R(y)",
    ],
)


def test_bonds_name_the_rules_that_form_and_break_them() -> None:
    found = {contact.ends: contact for contact in contact_map(MODEL).contacts}
    assert set(found) == {(("L", "r"), ("R", "l")), (("K", "sh"), ("R", "y")), (("R", "y"), ("X", "a"))}
    ligand = found[("L", "r"), ("R", "l")]
    assert (ligand.formed, ligand.broken, ligand.kept, ligand.seeded) == (("r1",), ("r1_back",), ("r2",), True)


def test_a_bond_that_nothing_forms_is_never_there() -> None:
    never = [contact.ends for contact in contact_map(MODEL).contacts if not contact.possible]
    assert never == [(("R", "y"), ("X", "a"))]


def test_changes_of_states() -> None:
    switches = [(s.end, s.before, s.after, s.rules) for s in contact_map(MODEL).switches]
    assert switches == [(("R", "y"), "u", "p", ("r2",)), (("K", "act"), "off", "on", ("r4",))]


def test_what_is_made_and_removed() -> None:
    found = contact_map(MODEL)
    assert (found.made, found.removed) == ({"K": ("r6",)}, {"K": ("r5",)})


def test_bonds_of_what_is_made_whole_are_formed() -> None:
    found = contact_map(structure(["A(b)", "B(a)"], [], ["0 -> A(b!1).B(a!1)"]))
    assert [contact.formed for contact in found.contacts] == [("r1",)]


def test_wildcards_name_no_partner() -> None:
    found = contact_map(structure(["A(b,s~u~p)"], [], ["A(b!+,s~u) -> A(b!+,s~p)", "A(b!?) -> A(b!?)"]))
    assert found.contacts == ()


def test_the_graph_has_molecules_sites_and_states() -> None:
    graph = contact_map(MODEL).graph()
    assert isinstance(graph, networkx.MultiGraph)
    kinds = [kind for _, kind in graph.nodes(data="kind")]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"molecule": 4, "site": 6, "state": 4}
    edges = [kind for *_, kind in graph.edges(data="kind")]
    assert {kind: edges.count(kind) for kind in set(edges)} == {"part": 10, "bond": 3, "change": 2}
    assert graph.nodes["L.r"]["count"] == 2


def test_a_homodimer_is_a_bond_of_a_site_with_itself() -> None:
    graph = contact_map(structure(["A(a)"], [], ["A(a) + A(a) -> A(a!1).A(a!1)"])).graph()
    assert graph.number_of_edges("A.a", "A.a") == 1
