"""What the language makes of `compartment`, and of species in them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import mscnet
from mscnet.interop.mech_file import write
from mscnet.language import check_text

TWO = """
units time = s, concentration = mM, volume = pL
compartment cytosol = 1 pL, nucleus = 0.1 pL
species cytosol.A = 1 mM
transfer: cytosol.A <-> nucleus.A @ PS, PS
parameter PS = 0.05 pL/s
"""


def codes(text: str) -> list[str]:
    return [found.code for found in check_text(text).diagnostics]


def test_a_species_is_where_its_name_says() -> None:
    species = mscnet.loads(TWO).species
    assert [(s.name, s.compartment) for s in species] == [("cytosol.A", "cytosol"), ("nucleus.A", "nucleus")]


def test_the_only_compartment_holds_every_species() -> None:
    mechanism = mscnet.loads("A -> B @ 0.1; compartment flask = 1 L")
    assert [s.compartment for s in mechanism.species] == ["flask", "flask"]


def test_a_compartment_may_come_after_its_species() -> None:
    assert (
        mscnet.loads("species A in flask = 1; A -> B @ 0.1; compartment flask = 1 L").species[0].compartment == "flask"
    )


def test_sizes_are_parameters() -> None:
    mechanism = mscnet.loads(TWO).with_values(nucleus="200 fL")
    assert mechanism.value_of("nucleus") == pytest.approx(0.2)


def test_coefficients_hold_the_sizes() -> None:
    equations = mscnet.loads(TWO).network().rate_equations().text()
    assert "1/nucleus*PS*[cytosol.A]" in equations


def test_steps_are_shown_as_they_are_written() -> None:
    reaction = mscnet.loads(TWO).reactions[0]
    assert [term.written for term in (*reaction.reactants, *reaction.products)] == [1, 1]


def test_steps_within_keep_their_coefficients() -> None:
    text = TWO + "nucleus.A -> 2 nucleus.B @ 0.1 /s"
    assert mscnet.loads(text).reactions[-1].products[0].coefficient == 2


def test_a_surface_has_amounts_per_area() -> None:
    text = "compartment v = 1 L, w = 1 m^2; species A in v = 1 M, X in w = 1e-6 mol/m^2, Y in w; A + X -> Y @ 2 /M/s"
    mechanism = mscnet.loads(text)
    assert mechanism.units.describe(mechanism.get_species("Y").dimension) == "mol/dm^2"


@pytest.mark.parametrize(
    ("law", "fits"),
    [("0.1 pL/s", True), ("0.1 /s", False), ("P*membrane", True), ("kLa*nucleus", True), ("kLa", False)],
)
def test_between_volumes_a_rate_is_an_amount_per_time(law: str, fits: bool) -> None:
    text = f"""
    units concentration = mM, volume = pL
    compartment cytosol = 1 pL, nucleus = 0.1 pL, membrane = 10 um^2
    parameter P = 1 um/s, kLa = 1 /s
    cytosol.A -> nucleus.A @ {law}
    """
    assert ("E020" not in codes(text)) == fits


def test_an_element_lost_between_compartments_is_found() -> None:
    text = TWO + "species cytosol.C of CO2, nucleus.C of CO; cytosol.C -> nucleus.C @ PS"
    assert codes(text) == ["E050"]


def test_experiments_are_refused_by_name() -> None:
    assert codes(TWO + "solution s { cytosol.A = 1 mM }") == ["E090"]


# --- families ----------------------------------------------------------------------------------------------


def test_a_loop_variable_stands_before_the_dot() -> None:
    text = """
    compartment a = 1 L, b = 2 L
    for c in a, b {
        species c.X = 1, {c}.Y
        c.X + {c}.Z -> c.Y rate k*[c.X]*c.Z
        at 1 s { c.X += 1 }
    }
    parameter k = 1 /M/s
    observable total = sum([c.X]*c for c in a, b)
    """
    one_by_one = """
    compartment a = 1 L, b = 2 L
    species a.X = 1, a.Y, b.X = 1, b.Y
    a.X + a.Z -> a.Y rate k*[a.X]*a.Z
    b.X + b.Z -> b.Y rate k*[b.X]*b.Z
    at 1 s { a.X += 1 } ; at 1 s { b.X += 1 }
    parameter k = 1 /M/s
    observable total = a.X*a + b.X*b
    """
    assert mscnet.diff(mscnet.loads(text), mscnet.loads(one_by_one)).alike


def test_names_with_an_index_may_follow_the_dot() -> None:
    text = "compartment a = 1 L, b = 1 L; c.F[n] -> c.F[n+1] @ k for c in a, b, n in 1 .. 2; a.F[3] -> b.F[1] @ q"
    names = [s.name for s in mscnet.loads(text).species]
    assert names == [f"{c}.F[{n}]" for c in "ab" for n in (1, 2, 3)]


def test_a_row_of_compartments() -> None:
    text = """
    compartment box{n} = 1 mL for n in 1 .. 4
    compartment wall[n] = 1 cm^2 for n in 1 .. 4
    species S[n] in wall[n] for n in 1 .. 4
    box{n}.A <-> box{n+1}.A @ 0.1 mL/s, 0.1 mL/s for n in 1 .. 3
    box{n}.A -> S[n] @ 1 cm/s for n in 1 .. 4
    """
    homes = {s.name: s.compartment for s in mscnet.loads(text).species}
    assert (homes["box3.A"], homes["S[4]"]) == ("box3", "wall[4]")


def test_species_are_in_the_compartment_that_a_variable_names() -> None:
    text = "compartment a = 1 L, b = 2 L; species X{c} in c = 1 for c in a, b; X{c} -> 0 @ k for c in a, b"
    assert [s.compartment for s in mscnet.loads(text).species] == ["a", "b"]


def test_a_variable_over_numbers_is_no_compartment() -> None:
    assert codes("compartment a = 1 L; c.X -> 0 @ k for c in 1 .. 2")[0] == "E212"


# --- derived pathways ----------------------------------------------------------------------------------


def test_a_derived_pathway_may_have_another_volume() -> None:
    text = TWO + "pathway p { cytosol.A -> 0 @ 1 /s }\npathway q = p with { nucleus = 0.4 pL }"
    run = mscnet.simulate(mscnet.loads(text).with_pathway("q"), times=[0, 2])
    written = mscnet.loads(text.replace("nucleus = 0.1", "nucleus = 0.4").replace("pathway q", "# "))
    assert run.values == pytest.approx(mscnet.simulate(written, times=[0, 2]).values, rel=1e-12)


@pytest.mark.parametrize("size", ["ramp(1 s, 2 s, 1 pL, 2 pL)", "2*cytosol"])
def test_a_size_of_a_derived_pathway_is_a_number(size: str) -> None:
    text = TWO + f"pathway p {{ cytosol.A -> 0 @ 1 /s }}\npathway q = p with {{ nucleus = {size} }}"
    assert codes(text) == ["E276"]


def test_a_species_that_a_derived_pathway_declares_anew_stays_where_it_is() -> None:
    text = TWO + "species R in nucleus = 1\npathway p { R -> 0 @ 1 /s }\npathway q = p with { species R = 2 }"
    model = mscnet.loads(text).with_pathway("q")
    assert (model.get_species("R").compartment, model.evaluate(model.get_species("R").initial)) == ("nucleus", 2)


# --- imports ----------------------------------------------------------------------------------------------

CELL = TWO + "inside: nucleus.A -> nucleus.B @ 0.1 /s"


@pytest.fixture
def beside(tmp_path: Path) -> Callable[..., Path]:
    """Writes `main.mech` and the files that it imports."""

    def write(main: str, **files: str) -> Path:
        for name, text in {**files, "main": main}.items():
            (tmp_path / f"{name}.mech").write_text(text, encoding="utf-8")
        return tmp_path / "main.mech"

    return write


def errors(path: Path) -> list[str]:
    return [f.code for f in mscnet.check(path).diagnostics if f.severity == "error"]


def test_compartments_are_imported(beside: Callable[..., Path]) -> None:
    main = """
    units time = s, concentration = mM, volume = pL
    import "cell.mech" as a
    import "cell.mech" as b with { nucleus = 0.3 pL }
    compartment medium = 10 pL
    species Q in a.nucleus = 1 mM
    medium.A <-> a.cytosol.A @ 0.2 pL/s, 0.2 pL/s
    b.cytosol.A -> medium.A @ 0.2 pL/s
    Q + a.nucleus.A -> a.nucleus.C @ 1 /mM/s
    """
    mechanism = mscnet.load(beside(main, cell=CELL))
    names = {"medium", "a.cytosol", "a.nucleus", "b.cytosol", "b.nucleus"}
    assert {c.name for c in mechanism.compartments} == names
    assert mechanism.get_species("a.nucleus.C").compartment == "a.nucleus"
    written = """
    units time = s, concentration = mM, volume = pL
    compartment medium = 10 pL, ac = 1 pL, an = 0.1 pL, bc = 1 pL, bn = 0.3 pL
    species ac.A = 1 mM, bc.A = 1 mM, Q in an = 1 mM
    parameter pa = 0.05 pL/s, pb = 0.05 pL/s
    ac.A <-> an.A @ pa, pa ; an.A -> an.B @ 0.1 /s ; bc.A <-> bn.A @ pb, pb ; bn.A -> bn.B @ 0.1 /s
    medium.A <-> ac.A @ 0.2 pL/s, 0.2 pL/s
    bc.A -> medium.A @ 0.2 pL/s
    Q + an.A -> an.C @ 1 /mM/s
    """
    assert mscnet.diff(mechanism, mscnet.loads(written)).alike


def test_a_file_without_compartments_is_put_into_one(beside: Callable[..., Path]) -> None:
    main = """
    units time = min, concentration = mM, volume = pL
    import "glycolysis.mech" as g in cytosol
    compartment cytosol = 1 pL, medium = 10 pL
    medium.G <-> g.G @ 0.1 pL/min, 0.1 pL/min
    """
    other = "units time = s, concentration = M\nspecies G = 2e-3\nG -> 2 P @ 0.01"
    mechanism = mscnet.load(beside(main, glycolysis=other))
    assert [s.compartment for s in mechanism.species] == ["medium", "cytosol", "cytosol"]
    written = """
    units time = min, concentration = mM, volume = pL
    compartment cytosol = 1 pL, medium = 10 pL
    species cytosol.G = 2 mM
    medium.G <-> cytosol.G @ 0.1 pL/min, 0.1 pL/min
    cytosol.G -> 2 cytosol.P @ 0.6 /min
    """
    assert mscnet.diff(mechanism, mscnet.loads(written)).alike


def test_with_one_compartment_imports_are_in_it(beside: Callable[..., Path]) -> None:
    main = 'import "other.mech"\ncompartment flask = 1 L\nA -> B @ 1'
    mechanism = mscnet.load(beside(main, other="species A = 1 ; B -> C @ 2"))
    assert {s.compartment for s in mechanism.species} == {"flask"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('import "other.mech" as g', "E273"),
        ('import "other.mech" as g in cytosoll', "E270"),
        ('import "cell.mech" as c in cytosol', "E272"),
        ('import "other.mech" in cytosol\nimport "other.mech" in medium', "E226"),
        ('import "other.mech" in cytosol\nspecies G in medium = 1', "E272"),
    ],
)
def test_a_place_of_an_import_that_cannot_be(line: str, code: str, beside: Callable[..., Path]) -> None:
    main = f"{line}\ncompartment cytosol = 1 pL, medium = 10 pL\nmedium.X -> cytosol.X @ 1 pL/s"
    assert errors(beside(main, other="G -> 2 P @ 0.01", cell=CELL)) == [code]


def test_a_file_put_into_a_compartment_that_is_not_there(beside: Callable[..., Path]) -> None:
    assert errors(beside('import "other.mech" in flask\nX -> Y @ 1', other="G -> P @ 1")) == ["E270"]


def test_an_imported_event_keeps_the_amounts_of_what_is_put_into_its_volume(beside: Callable[..., Path]) -> None:
    cell = "units volume = pL\ncompartment cell = 1 pL\nspecies A = 1 ; A -> B @ 0\nat 1 s { cell = 4 pL }"
    main = 'units volume = pL\nimport "cell.mech" as c\nspecies Q in c.cell = 2 ; Q -> R @ 0 ; species R in c.cell'
    run = mscnet.simulate(mscnet.load(beside(main, cell=cell)), 2, points=2)
    assert {name: run[name][-1] for name in ("Q", "c.A")} == {"Q": 0.5, "c.A": 0.25}


# --- differences, whole ------------------------------------------------------------------------------------

GROWING = """
units time = min, concentration = mM, volume = pL
parameter mu = 0.1 /min
compartment medium = 10 pL, cell = exp(mu*time)*1 pL
species medium.S = 2 mM, cell.R = 1 mM
uptake: medium.S <-> cell.S @ 0.1 pL/min, 0.1 pL/min
"""


def told(a: str, b: str) -> list[tuple[str, str, str, str, str]]:
    changes = mscnet.diff(mscnet.loads(a), mscnet.loads(b)).changes
    return [(c.category, c.kind, c.name, c.before, c.after) for c in changes]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("nucleus = 0.1 pL", "nucleus = 0.2 pL", ("compartments", "changed", "nucleus", "0.1 pL", "0.2 pL")),
        ("0.1 pL\n", "0.1 pL, er = 1 pL\n", ("compartments", "added", "er", "", "er = 1 pL")),
        ("R in nucleus", "R in cytosol", ("species", "changed", "R", "in nucleus", "in cytosol")),
    ],
)
def test_differences_of_compartments(before: str, after: str, change: tuple[str, ...]) -> None:
    text = TWO + "species R in nucleus = 1 mM ; R -> 0 @ 1 /s"
    assert told(text, text.replace(before, after)) == [change]


def test_what_follows_from_a_size_is_no_difference_of_its_own() -> None:
    change = ("compartments", "changed", "cell", "exp(mu*time)*1 pL", "exp(2*mu*time)*1 pL")
    text = GROWING.replace("uptake:", "cell.R -> 0 @ 1 /min #")
    assert told(text, text.replace("exp(mu", "exp(2*mu")) == [change]


def test_a_step_in_two_compartments_is_one_difference() -> None:
    found = told(GROWING + "cell.S -> 0 @ 1 /min", GROWING.replace("uptake:", "cell.S -> 0 @ 1 /min #"))
    assert [c[:3] for c in found] == [("reactions", "removed", "uptake")]


def test_names_of_compartments_and_units_are_set_aside() -> None:
    other = """
    units time = s, concentration = uM, volume = fL
    parameter growth = 6 /h
    compartment out = 10 pL, c2 = exp(growth*time)*1 pL
    species out.S = 2 mM, c2.R = 1 mM
    out.S <-> c2.S @ 0.1 pL/min, 0.1 pL/min
    """
    assert told(GROWING, other) == []


def test_a_mechanism_with_compartments_pickles() -> None:
    mechanism = mscnet.loads(TWO)
    assert pickle.loads(pickle.dumps(mechanism)) == mechanism


def test_a_name_with_a_dot_needs_a_compartment() -> None:
    assert codes("compartment cell = 1 L; sell.A -> cell.A @ 1 L/s")[0] == "E010"


def test_a_file_written_out_keeps_amounts_once() -> None:
    text = TWO + "at 2 s { nucleus *= 2 ; nucleus.A += 0.1 fmol }"
    model = mscnet.loads(text)
    plain = mscnet.loads("\n".join(write(model)))
    times = [0.0, 1.0, 4.0]
    assert mscnet.simulate(plain, times=times).values == pytest.approx(mscnet.simulate(model, times=times).values)


def test_pathways_with_other_sizes_are_written_out_one_by_one() -> None:
    text = TWO + "pathway p { cytosol.A -> 0 @ 1 /s }\npathway q = p with { nucleus = 0.4 pL }"
    with pytest.raises(mscnet.MechanismError, match="size of its own"):
        list(write(mscnet.loads(text)))
