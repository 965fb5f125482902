"""Rules that are imported: under a prefix, in other units, beside a file's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet.diagnostics import MechanismError

LIBRARY = """units time = s, concentration = mM
molecule A(b, b, s~u~p), B(a)
species B(a) = 3 mM
bind: A(b) + B(a) <-> A(b!1).B(a!1) @ 2, 0.1
A(s~p) -> A(s~u) @ kd
observable arms = molecules A(b!+)
function f(x) = k*(1 + arms(x))
parameter k = 0.2 /s, kd = 1 /s
switch: A%x(s~u) -> A%x(s~p) @ f(x)
"""
FEED = "units time = s, concentration = mM\nspecies A(b, b, s~u) = 1 mM\noption t_end = 2 s, points = 5\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "lib.mech").write_text(LIBRARY, encoding="utf-8")
    return tmp_path


def loaded(folder: Path, text: str) -> mscnet.Mechanism:
    (folder / "main.mech").write_text(text, encoding="utf-8")
    return mscnet.load(folder / "main.mech")


def refused(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(MechanismError) as caught:
        loaded(folder, text)
    return [(d.code, d.message) for d in caught.value.diagnostics]


def arms(mechanism: mscnet.Mechanism, name: str = "arms") -> np.ndarray:
    return np.asarray(mscnet.simulate(mechanism, rtol=1e-9)[name])


def test_an_import_is_as_if_its_text_stood_there(library: Path) -> None:
    together = mscnet.loads(LIBRARY + FEED.partition("\n")[2])
    apart = loaded(library, 'import "lib.mech"\n' + FEED)
    assert len(apart.structure.rules) == 4
    np.testing.assert_allclose(arms(apart), arms(together), rtol=1e-8)


def test_under_a_prefix_every_name_has_it(library: Path) -> None:
    made = loaded(library, 'import "lib.mech" as q\n' + FEED.replace(" A(", " q.A("))
    assert [molecule.name for molecule in made.structure.molecules] == ["q.A", "q.B"]
    assert [rule.label for rule in made.structure.rules] == ["q.bind", "q.bind", None, "q.switch"]
    np.testing.assert_allclose(arms(made, "q.arms"), arms(loaded(library, 'import "lib.mech"\n' + FEED)), rtol=1e-8)


def test_numbers_are_converted_into_the_units_of_the_file(library: Path) -> None:
    other = FEED.replace("time = s, concentration = mM", "time = min, concentration = uM")
    made = loaded(library, 'import "lib.mech"\n' + other)
    np.testing.assert_allclose(arms(made) / 1000, arms(loaded(library, 'import "lib.mech"\n' + FEED)), rtol=1e-7)


def test_values_given_at_import_are_those_of_the_rules(library: Path) -> None:
    made = loaded(library, 'import "lib.mech" with { k = 0 /s }\nobservable up = molecules A(s~p)\n' + FEED)
    assert np.all(arms(made, "up") == 0)


def test_what_an_import_counts_may_be_used(library: Path) -> None:
    made = loaded(
        library, 'import "lib.mech" as q\ntwice = 2*q.arms\nobservable t2 = twice\n' + FEED.replace(" A(", " q.A(")
    )
    np.testing.assert_allclose(arms(made, "t2"), 2 * arms(made, "q.arms"))


def test_patterns_are_held_against_the_imported_molecules(library: Path) -> None:
    assert refused(library, 'import "lib.mech"\nspecies A(b, b, s~x) = 1\n') == [
        ("E304", "the site `s` of `A` has no state `x`")
    ]


def test_a_molecule_in_both_files_is_a_clash(library: Path) -> None:
    ((code, message),) = refused(library, 'import "lib.mech"\nmolecule A(b)\n')
    assert (code, message[:28]) == ("E226", "`A` is declared here and in ")


def test_a_molecule_in_two_imports_is_a_clash(library: Path) -> None:
    (library / "other.mech").write_text("molecule A(z)\nspecies A(z) = 1\nA(z) -> 0 @ 1\n", encoding="utf-8")
    found = refused(library, 'import "lib.mech"\nimport "other.mech"\n')
    assert ("E226", "`A` is in two of the imported files") in found


def test_a_rule_of_the_file_stands_in_the_place_of_an_imported_one(library: Path) -> None:
    made = loaded(library, 'import "lib.mech"\nswitch: A(s~u) -> A(s~p) @ 5 /s\n' + FEED)
    assert [rule.name for rule in made.structure.rules] == ["switch", "bind", "bind.reverse", "r2"]


def test_limits_stay_behind_as_options_do(library: Path) -> None:
    (library / "bounded.mech").write_text(LIBRARY + "option max_agg = 1\n", encoding="utf-8")
    made = loaded(library, 'import "bounded.mech"\n' + FEED)
    assert made.structure.limits.molecules is None


def test_rules_are_put_into_a_compartment(library: Path) -> None:
    """All species of the imported file are in it; what the file itself has keeps its own place."""
    (library / "counted.mech").write_text(LIBRARY.replace("3 mM", "3"), encoding="utf-8")
    made = loaded(
        library,
        'import "counted.mech" as q in cell\nunits time = s, concentration = mM\ncompartment cell = 10\n'
        "species @cell:q.A(b, b, s~u) = 1\noption t_end = 1 s\n",
    )
    assert {species.label for species in made.expanded.species if species.label} >= {"@cell:q.B(a)"}
    assert all(rule.reactants[0].place == "cell" for rule in made.structure.rules if rule.reactants)


def test_concentrations_are_no_numbers_of_molecules(library: Path) -> None:
    """In a file with compartments structured species are counted, imported ones too."""
    found = refused(library, 'import "lib.mech" in cell\nunits time = s\ncompartment cell = 10\n')
    assert [code for code, _ in found] == ["E020"]


def test_compartments_of_a_file_that_has_only_plain_species_else(library: Path) -> None:
    (library / "dimer.mech").write_text(
        "units time = s\nmolecule A(a)\nspecies A(a) = 100\nA(a) + A(a) -> A(a!1).A(a!1) @ 2\n", encoding="utf-8"
    )
    made = loaded(library, 'import "dimer.mech" in cell\nunits time = s\ncompartment cell = 10\n').expanded
    assert [species.label for species in made.species] == ["@cell:A(a)", "@cell:A(a!1).A(a!1)"]
    (reaction,) = made.reactions
    assert made.evaluate(reaction.law.expression) == pytest.approx(2 / 10 / 2)  # halved for equal reactants
