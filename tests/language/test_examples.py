"""The examples by which the language is described: sections 1, 2, 3, 6 and 9, and what each means."""

from __future__ import annotations

from fractions import Fraction

import pytest

import mscnet
from mscnet import Mechanism, Reaction
from mscnet.language import check_text
from mscnet.mechanism.expression import to_text


def reaction(text: str, name: str = "r1") -> Reaction:
    mechanism = mscnet.loads(text)
    return next(r for r in mechanism.reactions if r.name == name)


def shape(r: Reaction) -> tuple[dict[str, object], dict[str, object], dict[str, object], str]:
    def terms(items: tuple[object, ...]) -> dict[str, object]:
        return {t.species: t.coefficient for t in items}  # type: ignore[attr-defined]

    return terms(r.reactants), terms(r.products), terms(r.orders), to_text(r.law.expression)


def names(mechanism: Mechanism) -> list[str]:
    return [r.name for r in mechanism.reactions]


def test_one_line_is_a_program() -> None:
    mechanism = mscnet.loads("CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF")
    assert [s.name for s in mechanism.species] == ["CdTe_PC", "CdSe_MF", "CdTeSe_PC399", "CdTe_MF"]
    assert [p.name for p in mechanism.missing_values()] == ["k1", "k1r"]


def test_symbolic_constants_leave_names_of_the_file_alone() -> None:
    mechanism = mscnet.loads("A -> B\nB -> C @ k1*2\nC <-> D")
    assert {p.name for p in mechanism.parameters} == {"k1", "k1_", "k3", "k3r"}


def test_names_of_steps_are_unique_whatever_the_labels_are() -> None:
    assert names(mscnet.loads("r2: A -> B @ k\nC -> D @ l\n")) == ["r2", "r2_"]


@pytest.mark.parametrize("text", ["A + constant -> B @ k order A constant", "A -[B of]-> C @ k", "of -> log @ rate"])
def test_words_that_are_no_statement_heads_are_free_as_names(text: str) -> None:
    assert check_text(text).mechanism is not None


def test_a_reversible_step_is_two_reactions() -> None:
    mechanism = mscnet.loads("step1: A + B <-> C @ k1, k2")
    forward, back = mechanism.reactions
    assert (forward.partner, back.partner, back.reverse) == ("step1.reverse", "step1", True)
    assert shape(back) == ({"C": 1}, {"A": 1, "B": 1}, {"C": 1}, "k2")


@pytest.mark.parametrize("arrow", ["<->", "<=>", "⇌"])
def test_arrows_of_both_directions(arrow: str) -> None:
    assert names(mscnet.loads(f"A {arrow} B")) == ["r1", "r1.reverse"]


@pytest.mark.parametrize("text", ["A -> B @ k", "A → B @ k", "B <- A @ k", "B ← A @ k"])
def test_arrows_of_one_direction(text: str) -> None:
    assert shape(reaction(text))[:2] == ({"A": 1}, {"B": 1})


def test_a_chain_is_one_reaction_an_arrow_in_reading_order() -> None:
    mechanism = mscnet.loads("mm: E + S <-> ES -> E + P @ kon, koff, kcat")
    assert [(r.name, shape(r)[3]) for r in mechanism.reactions] == [
        ("mm.1", "kon"),
        ("mm.1.reverse", "koff"),
        ("mm.2", "kcat"),
    ]


def test_coefficients_sources_and_sinks() -> None:
    mechanism = mscnet.loads("frag: PC -> 2 MF @ kf; 0 -> A @ 1; A -> ∅ @ 0.2; 2 A + A -> B @ 1; 2X -> 0.5 Y @ 1")
    shapes = [shape(r)[:3] for r in mechanism.reactions]
    assert shapes == [
        ({"PC": 1}, {"MF": 2}, {"PC": 1}),
        ({}, {"A": 1}, {}),
        ({"A": 1}, {}, {"A": 1}),
        ({"A": 3}, {"B": 1}, {"A": 3}),
        ({"X": 2}, {"Y": Fraction(1, 2)}, {"X": 2}),
    ]


def test_catalysts_over_the_arrow_take_part_in_the_rate_alone() -> None:
    r = reaction("A -[OTA^0.5, H]-> B @ k")
    assert shape(r) == ({"A": 1}, {"B": 1}, {"A": 1, "OTA": Fraction(1, 2), "H": 1}, "k")


def test_a_reversible_catalysed_step_has_its_catalyst_both_ways() -> None:
    mechanism = mscnet.loads("A <-[E]-> B @ k1, k2")
    assert [shape(r)[2] for r in mechanism.reactions] == [{"A": 1, "E": 1}, {"B": 1, "E": 1}]


def test_orders_other_than_the_coefficients() -> None:
    assert shape(reaction("A + B -> C @ k order A^1.5 B"))[2] == {"A": Fraction(3, 2), "B": 1}


def test_orders_of_each_direction() -> None:
    mechanism = mscnet.loads("A + B <-> C @ k1, k2 order A, C^0.5")
    assert [shape(r)[2] for r in mechanism.reactions] == [{"A": 1}, {"C": Fraction(1, 2)}]


def test_a_whole_rate_law() -> None:
    r = reaction("parameter Vmax = 2 ; parameter Km = 0.5\nS -> P rate Vmax*[S]/(Km + [S])")
    assert (r.law.kind, r.orders, to_text(r.law.expression)) == ("general", (), "Vmax*S/(Km + S)")


def test_one_law_over_a_reversible_arrow_is_the_net_rate() -> None:
    mechanism = mscnet.loads("parameter k = 1\nA <-> B rate k*([A] - [B])")
    assert [(r.name, r.reversible, r.partner) for r in mechanism.reactions] == [("r1", True, None)]


def test_symbolic_coefficients_and_ions() -> None:
    mechanism = mscnet.loads("parameter n = 2\n(n+1) A -> B @ k\nH^+ + OH^- -> H2O @ kw")
    assert to_text(mechanism.reactions[0].reactants[0].coefficient) == "n + 1"  # type: ignore[arg-type]
    assert [s.charge for s in mechanism.species] == [None, None, 1, -1, None]


def test_a_brackets_less_name_is_a_concentration_too() -> None:
    assert reaction("A -> B @ k1*(1 + a*[C]); C -> 0 @ 1").law == reaction("A -> B @ k1*(1 + a*C); C -> 0 @ 1").law


def test_statements_go_on_where_language_says() -> None:
    text = "A\n  -> B   # makes B\n  @ k1 *\n    2\nobservable total = ([A]\n  + [B])\npathway p\n{\n A -> C @ k2 }"
    mechanism = mscnet.loads(text)
    assert len(mechanism.reactions) == 2


def test_an_arrow_at_the_end_of_a_line_ends_the_statement() -> None:
    assert check_text("A ->\nB -> C").mechanism is None


def test_species_carry_label_composition_and_initial_value() -> None:
    text = 'units concentration = mM\nspecies PC "CdTe PC-371" of Cd[n]Te[n] = 1200 uM\n'
    text += "species OTA of C8H19N constant\nPC -> 0 @ 1"
    pc, ota = mscnet.loads(text).species
    assert (pc.label, pc.composition and pc.composition.text, ota.constant) == ("CdTe PC-371", "Cd[n]Te[n]", True)
    assert mscnet.loads(text).evaluate(pc.initial) == 1.2  # type: ignore[arg-type]


def test_parameters_carry_unit_bounds_scale_and_note() -> None:
    text = """units time = min, concentration = mM
    parameter k1 = 3 /mM/h in 0.6 .. 600 log "substitution"
    parameter eps = 23 ± 2 /mM/cm
    parameter kf = 0.1 fixed
    2 A -> B @ k1 ; B -> A @ kf
    observable od = eps*[A]*(1 cm)"""
    k1, eps, kf = mscnet.loads(text).parameters
    assert (k1.value, k1.bounds, k1.scale, k1.note, k1.unit) == (0.05, (0.01, 10.0), "log", "substitution", "/mM/h")
    assert (eps.value, eps.prior) == (pytest.approx(230.0), pytest.approx(20.0))
    assert (k1.free, eps.free, kf.free, kf.fixed) == (True, True, False, True)


def test_derived_values_functions_observables_options_and_temperature() -> None:
    text = """units time = min
    parameter k1 = 0.6 /min
    k2 = k1/12
    function hill(x, K, n) = x^n/(K^n + x^n)
    parameter Kd = 2 mM
    A -> B @ k2*hill([A], Kd, 2)
    observable total "all of it" = [A] + [B]
    option t_end = 4 h, points = 241
    temperature = 25 degC"""
    mechanism = mscnet.loads(text)
    assert mechanism.value_of("k2") == pytest.approx(0.05)
    assert mechanism.value_of("temperature") == 298.15
    assert (mechanism.option("t_end"), mechanism.option("points")) == (240.0, 241.0)
    assert mechanism.observables[0].label == "all of it"
    assert to_text(mechanism.reactions[0].law.expression) == "k2*A^2/(Kd^2 + A^2)"


def test_pathways_are_alternatives_beside_what_is_common() -> None:
    text = """A -> B @ k0
    pathway eq1 "first" { step1: A + M <-> C @ k1, k2 }
    pathway eq2 { step1: B + M <-> C @ k1, k2 }
    option pathway = eq2"""
    mechanism = mscnet.loads(text)
    assert [p.name for p in mechanism.pathways] == ["eq1", "eq2"]
    assert mechanism.chosen.pathway == "eq2"
    assert shape(mechanism.with_pathway("eq1").reactions[1])[0] == {"A": 1, "M": 1}


def test_names_inside_a_pathway_are_its_own() -> None:
    text = "pathway a { parameter k = 1\n A -> B @ k }\npathway b { parameter k = 2\n A -> B @ k }"
    mechanism = mscnet.loads(text)
    assert [mechanism.with_pathway(p).value_of("k") for p in "ab"] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.05 /mM/min", 0.05),
        ("0.05 mM^-1 min^-1", 0.05),
        ("0.05 mM^-1*min^-1", 0.05),
        ("3 /mM/h", 0.05),
        ("50 /M/min", 0.05),
        ("5e-5 /uM/min", 0.05),
        ("0.05 L/mmol/min", 0.05),
    ],
)
def test_units_are_converted_once_and_exactly(text: str, value: float) -> None:
    mechanism = mscnet.loads(f"units time = min, concentration = mM\nparameter k = {text}\n2 A -> B @ k")
    assert mechanism.value_of("k") == value


@pytest.mark.parametrize(
    "text", ["2 L/(mol*s)", "2 L/(mol s)", "2/(M*s)", "10^3/500 /M/s", "(1 + 1) /M/s", "sqrt(4) M^-1 s^-1", "2 /M*s^-1"]
)
def test_units_may_stand_in_brackets_and_after_plain_arithmetic(text: str) -> None:
    mechanism = mscnet.loads(f"2 A -> B @ {text}")
    assert mechanism.parameters == ()
    assert mechanism.evaluate(mechanism.reactions[0].law.expression) == pytest.approx(2.0)


def test_a_unit_after_a_name_does_not_become_a_parameter() -> None:
    result = check_text("A -> B @ k/s")
    assert [f.code for f in result.diagnostics] == ["E013"]


def test_a_constant_computed_from_numbers_shows_the_unit_of_the_file() -> None:
    k = mscnet.loads("units time = min\nparameter k = (1/3) /s\nA -> B @ k").parameters[0]
    assert (k.value, k.unit, k.unit_factor) == (20.0, "/min", 1.0)


def test_division_is_plain() -> None:
    mechanism = mscnet.loads("units time = min\nparameter k1 = 24\nA -> B @ k1/12 /min")
    assert mechanism.evaluate(mechanism.reactions[0].law.expression) == 2.0


@pytest.mark.parametrize(
    "law", ["2*[S]/(0.5 + [S])", "1/[P]", "0.1*[S]*[P]", "2*[S]*exp(-0.1*time)", "2*0.5", "-0.1*[S] + 3*[P]"]
)
def test_a_number_without_unit_is_in_the_units_of_the_file(law: str) -> None:
    assert check_text(f"S -> P rate {law}").diagnostics == ()


def test_beside_a_parameter_a_bare_number_is_a_pure_number() -> None:
    result = check_text("parameter k1 = 1 /s\nk2 = k1/12\n2 A -> B @ k2")
    assert [f.code for f in result.diagnostics] == ["E020"]


def test_a_declared_name_wins_over_a_unit_with_a_note() -> None:
    result = check_text("species s = 1\nparameter k = 2\ns -> Y rate k*(2/s)\n")
    assert [f.code for f in result.diagnostics] == ["N071"]
    assert result.mechanism is not None
    assert to_text(result.mechanism.reactions[0].law.expression) == "k*2/s"


def test_combinatorial_mass_action_is_an_option() -> None:
    assert mscnet.loads("option mass_action = combinatorial\n2 A -> B @ 1").option("mass_action") == "combinatorial"


def test_every_object_knows_its_place() -> None:
    text = "species A = 1\nstep: A -> B @ kx"
    mechanism = mscnet.loads(text)
    places = [
        (item.span.line, item.span.column, item.span.text)
        for item in (*mechanism.species, *mechanism.parameters, *mechanism.reactions)
        if item.span
    ]
    assert places == [(1, 9, "A"), (2, 12, "B"), (2, 16, "kx"), (2, 1, "step: A -> B @ kx")]
