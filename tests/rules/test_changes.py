"""What rules change, against what one reads off them."""

from __future__ import annotations

import pytest

from mscnet.rules.changes import Changes, changes_of
from tests.rules.reading import rules


def taken(line: str) -> Changes:
    return changes_of(rules(line, "r")[0])


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("A(b) + B(a) -> A(b!1).B(a!1)", "binds A(b) and B(a)"),
        ("A(b!1).B(a!1) -> A(b) + B(a)", "unbinds A(b) and B(a)"),
        ("A(s~u) -> A(s~p)", "A(s): u to p"),
        ("A(s) -> A(s~p)", "A(s): any to p"),
        ("0 -> A(s~p)", "makes A"),
        ("A() -> 0", "removes A and what is bound to it"),
        ("A() -> 0 DeleteMolecules", "removes A"),
        ("A(b!1).B(a!1) -> A(b)", "removes B; unbinds A(b) and B(a)"),
        ("A() + B() -> A()", "removes B and what is bound to it"),
        ("A(b~u!1).B(a!1) -> A(b~u!1).B(a!1)", "nothing"),
        ("A(b!1).B(a!1) + C(a) -> A(b!1).C(a!1) + B(a)", "unbinds A(b) and B(a); binds A(b) and C(a)"),
        ("A@c() -> A@n()", "moves A from c to n"),
        ("@c:A() -> @n:A()", "moves A from c to n"),
    ],
)
def test_a_rule_is_told_in_words(line: str, text: str) -> None:
    assert taken(line).text == text


def test_tags_say_which_molecule_is_which() -> None:
    crossed = taken("A%x(s~u) + A%y(s~u) -> A%y(s~u) + A%x(s~p)")
    assert crossed.molecules == {0: 1, 1: 0}
    assert [(change.left[0].molecule, change.after) for change in crossed.changes] == [(0, "p")]


def test_without_tags_the_first_is_the_first() -> None:
    assert taken("A(s~u) + A(s~u) -> A(s~p) + A(s~u)").molecules == {0: 0, 1: 1}


def test_molecules_that_name_other_sites_are_others() -> None:
    """BNG2 deletes the one and makes the other."""
    assert [change.kind for change in taken("A(s) -> A(s,t)").changes] == ["delete", "create"]


def test_equal_sites_are_told_by_their_order() -> None:
    changes = taken("A(b!1,b).B(a!1) -> A(b!1,b!2).B(a!1).B(a!2)").changes
    assert [(c.kind, [spot.site for spot in c.right if spot.molecule == 0]) for c in changes] == [
        ("create", []),
        ("bind", [1]),
    ]


def test_a_site_with_several_bonds_keeps_those_that_stay() -> None:
    changes = taken("A(s!1!2).B(a!1).C(a!2) -> A(s!1).B(a!1) + C(a)").changes
    assert [change.text for change in changes] == ["unbinds A(s) and C(a)"]


def test_the_cost_is_that_of_the_text() -> None:
    """Two thousand molecules of one name, each changed."""
    many = " + ".join(["A(s~u)"] * 2000)
    assert len(taken(f"{many} -> {many.replace('~u', '~p')}").changes) == 2000
