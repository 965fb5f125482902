"""A network as a table."""

import csv

import mscnet
from mscnet import interop

TEXT = """units time = s, concentration = mM
species A = 1 mM, B, C
parameter k = 2 /mM/s
join: A + 2 B <-> C @ k/3 mM, 0.5 /s "both ways"
drain: C -> 0 rate k*[C]*[A]
"""


def rows(text):
    return list(csv.DictReader(interop.lines_of(mscnet.loads(text), "csv")))


def test_every_direction_is_a_row() -> None:
    found = rows(TEXT)
    assert [r["reaction"] for r in found] == ["join", "join.reverse", "drain"]
    assert (found[0]["reactants"], found[0]["products"]) == ("A + 2 B", "C")
    assert [r["reversible_with"] for r in found] == ["join.reverse", "join", ""]


def test_laws_have_their_kind_and_a_value_where_there_is_one() -> None:
    found = rows(TEXT)
    assert [r["law"] for r in found] == ["mass_action", "mass_action", "general"]
    assert [r["value"] for r in found] == [repr(2 / 3), "0.5", ""]
    assert found[2]["expression"] == "k*C*A"


def test_commas_and_quotes_of_notes_are_kept() -> None:
    found = rows(TEXT.replace('"both ways"', '"one, then the other"'))
    assert found[0]["note"] == "one, then the other"


def test_rules_are_written_as_their_network() -> None:
    text = """units time = s, concentration = mM
molecule A(b)
species A(b) = 1 mM
pair: A(b) + A(b) <-> A(b!1).A(b!1) @ 1 /mM/s, 1 /s
"""
    assert [(r["reactants"], r["products"]) for r in rows(text)] == [
        ("2 A_b", "A_b_1_A_b_1"), ("A_b_1_A_b_1", "2 A_b"),
    ]  # fmt: skip
