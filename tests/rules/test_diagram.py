"""Rule diagrams: graphs before and after, with what differs marked."""

from __future__ import annotations

from mscnet.rules.diagram import Diagram, diagram_of
from tests.rules.reading import rules


def diagram(line: str) -> Diagram:
    return diagram_of(rules(line, "r")[0])


def marks(line: str, kind: str) -> dict[str, list[str]]:
    """Marks of the molecules or sites of each side, in order."""
    graph = diagram(line).graph()
    found: dict[str, list[str]] = {"before": [], "after": []}
    for _, data in graph.nodes(data=True):
        if data["kind"] == kind:
            found[data["side"]].append(data["mark"])
    return found


def bonds(line: str) -> list[str]:
    return [data["mark"] for *_, data in diagram(line).graph().edges(data=True) if data["kind"] == "bond"]


def test_nothing_is_marked_where_nothing_changes() -> None:
    line = "A(b!1,s~u).B(a!1) -> A(b!1,s~u).B(a!1)"
    assert marks(line, "molecule") == {"before": ["kept"] * 2, "after": ["kept"] * 2}
    assert bonds(line) == ["kept", "kept"]


def test_molecules_that_come_and_go() -> None:
    assert marks("A() + B() -> A() + C()", "molecule") == {"before": ["kept", "gone"], "after": ["kept", "new"]}


def test_states_are_marked_on_both_sides() -> None:
    assert marks("A(s~u,t~x) -> A(s~p,t~x)", "site") == {"before": ["changed", "kept"], "after": ["changed", "kept"]}


def test_bonds_that_break_and_form() -> None:
    assert bonds("A(b!1).B(a!1) + C(a) -> A(b!1).C(a!1) + B(a)") == ["gone", "new"]


def test_bonds_of_what_is_made_or_removed_whole() -> None:
    assert bonds("A(b!1).B(a!1) -> 0") == ["gone"]
    assert bonds("0 -> A(b!1).B(a!1)") == ["new"]


def test_what_is_kept_is_joined_across_the_arrow() -> None:
    graph = diagram("A%x(s~u) + A%y(s~u) -> A%y(s~u) + A%x(s~p)").graph()
    same = {(a, b) for a, b, kind in graph.edges(data="kind") if kind == "same"}
    assert {("before:0", "after:1"), ("before:1", "after:0"), ("before:0.0", "after:1.0")} <= same
    assert len(same) == 4


def test_a_move_is_marked() -> None:
    assert marks("A@c() -> A@n()", "molecule") == {"before": ["changed"], "after": ["changed"]}
