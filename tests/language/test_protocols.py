"""Bottles, media and experiments: what the text says is what the plain data hold."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

import mscnet
from mscnet.language import check_text
from mscnet.mechanism.bench import (
    Add,
    DiluteTo,
    Discard,
    Equilibrate,
    Experiment,
    Flow,
    Hold,
    Mix,
    Observe,
    Repeat,
    Set,
    Step,
    Take,
    Use,
)
from mscnet.mechanism.expression import Expression, Number, Symbol, evaluate, to_text
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, MASS, VOLUME

HEAD = """units time = min, concentration = mM, volume = mL
A + B -> C @ k1*(1 + lamp)
solution S { A = a0 ; B = 2 mM } ; solution W in toluene { C = 1 uM }
solvent toluene
liquid OTA { density = 0.782 g/mL ; molar_mass = 129.24 g/mol ; purity = 99% }
solid P "a powder" { molar_mass = 100 g/mol }
parameter a0 = 1 mM, lamp = 0
"""


def experiment(text: str, name: str = "e", head: str = HEAD) -> Experiment:
    mechanism = mscnet.loads(head + text)
    return next(e for e in mechanism.experiments if e.name == name)


def steps(text: str) -> tuple[Step, ...]:
    """The steps after a first that puts something into the vessel."""
    return experiment(f"experiment e {{ mix 1 mL S\n{text} }}").steps[1:]


def step(text: str) -> Step:
    (only,) = steps(text)
    return only


def value(expression: Expression | None) -> float:
    assert expression is not None
    return evaluate(expression, lambda _: math.nan)


def codes(text: str, head: str = HEAD) -> list[str]:
    return [finding.code for finding in check_text(head + text).diagnostics]


# --- the example by which the language is described -----------------------------------------------------


FIG4 = """units time = min, concentration = mM, volume = mL
CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF @ k1, k2
CdSe_PC -> 2 CdSe_MF @ kf
solution CdTe_IP { CdTe_PC = p0 ; CdTe_MF = m0 }
solution CdSe_IP { CdSe_PC = p1 ; CdSe_MF = m1 }
solvent toluene
liquid OTA { density = 0.782 g/mL ; molar_mass = 129.24 g/mol }
parameter p0 ; parameter m0 ; parameter p1 ; parameter m1
experiment fig4(v) for v in 15, 30, 45, 60 uL {
    mix 1 mL CdTe_IP + 1 mL CdSe_IP
    hold 1 min
    take v
    add 2.0 mL toluene + 1.0 mL OTA
    measure od371 = absorbance(371 nm), od399 = absorbance(399 nm) every 5 min for 240 min
}
"""


def test_the_example_of_the_language_reads_as_it_stands() -> None:
    result = check_text(FIG4)
    assert result.diagnostics == ()
    assert result.mechanism is not None
    (fig4,) = result.mechanism.experiments
    (loop,) = fig4.loops
    assert (loop.variable, [value(v) for v in loop.values]) == ("v", [0.015, 0.03, 0.045, 0.06])
    mix, hold, take, add, observe = fig4.steps
    assert isinstance(mix, Mix)
    assert [(p.of, value(p.quantity)) for p in mix.portions] == [
        ("CdTe_IP", 1),
        ("CdSe_IP", 1),
    ]
    assert isinstance(hold, Hold)
    assert value(hold.duration) == 1
    assert isinstance(take, Take)
    assert take.volume == Symbol("v", "loop")
    assert isinstance(add, Add)
    assert [(p.of, value(p.quantity)) for p in add.portions] == [("toluene", 2), ("OTA", 1)]
    assert isinstance(observe, Observe)
    assert [(r.name, r.kind, [value(w) for w in r.wavelengths]) for r in observe.readings] == [
        ("od371", "absorbance", [pytest.approx(371e-7)]),
        ("od399", "absorbance", [pytest.approx(399e-7)]),
    ]
    assert (value(observe.every), value(observe.duration), observe.times) == (5, 240, ())


# --- bottles ---------------------------------------------------------------------------------------------


def test_bottles_hold_what_they_say() -> None:
    mechanism = mscnet.loads(HEAD)
    stocks = {stock.name: stock for stock in mechanism.stocks}
    s, w, ota, powder = (stocks[name] for name in ("S", "W", "OTA", "P"))
    assert [(c.species, to_text(c.concentration)) for c in s.contents] == [("A", "a0"), ("B", "2")]
    assert (w.solvent, value(w.contents[0].concentration)) == ("toluene", 0.001)
    assert (ota.kind, value(ota.density), value(ota.purity)) == ("liquid", 0.782, 0.99)
    # 129.24 g/mol is 1.2924e-4 g/umol, the file's unit of amount being mM mL
    assert value(ota.molar_mass) == pytest.approx(129.24e-6)
    assert (powder.kind, powder.label) == ("solid", "a powder")


def test_a_neat_liquid_is_a_species() -> None:
    mechanism = mscnet.loads(HEAD)
    assert mechanism.get_species("OTA").dimension == CONCENTRATION


def test_a_neat_liquid_counts_in_moles_beside_a_scale_of_its_own() -> None:
    text = "unit c0\nunits time = min, volume = mL\nPC + MF -> X @ k1*[OTA]\nsolution S { PC = 1 ; MF = 0.18 }\n"
    mechanism = mscnet.loads(text + "liquid OTA { density = 0.782 g/mL ; molar_mass = 129.24 g/mol }")
    assert mechanism.get_species("OTA").dimension == CONCENTRATION
    assert mechanism.get_species("PC").dimension == mechanism.units.scales[0].dimension


def test_the_dimension_of_a_parameter_follows_from_the_bottle() -> None:
    mechanism = mscnet.loads("A -> B @ k\nparameter a0\nsolution S { A = a0 }")
    assert mechanism.get_parameter("a0").dimension == CONCENTRATION


# --- steps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("portion", "of", "quantity", "measure"),
    [
        ("2.0 mL toluene", "toluene", 2.0, "volume"),
        ("2 toluene", "toluene", 2.0, "volume"),
        ("(1 mL/2) toluene", "toluene", 0.5, "volume"),
        ("1 mL of toluene", "toluene", 1.0, "volume"),
        ("5 mg P", "P", 0.005, "mass"),
        ("5 mg OTA", "OTA", 0.005, "mass"),
        ("2 umol OTA", "OTA", 2.0, "amount"),
        ("1/2 of flask", "flask", 0.5, "fraction"),
        ("50% of flask", "flask", 0.5, "fraction"),
        ("1 mL flask", "flask", 1.0, "volume"),
    ],
)
def test_portions(portion: str, of: str, quantity: float, measure: str) -> None:
    *_, add = steps(f"mix 1 mL S in flask ; add {portion} to pot")
    assert isinstance(add, Add)
    (made,) = add.portions
    assert (made.of, value(made.quantity), made.measure) == (of, quantity, measure)


def test_a_parameter_with_a_unit_says_what_a_portion_is_measured_in() -> None:
    made = experiment("parameter m = 3 mg\nexperiment e { mix m P + 1 mL toluene }").steps[0]
    assert isinstance(made, Mix)
    assert [p.measure for p in made.portions] == ["mass", "volume"]


def test_all_of_a_vessel_has_no_quantity() -> None:
    *_, add = steps("mix 1 mL S in flask ; add all of flask to pot")
    assert isinstance(add, Add)
    assert (add.portions[0].of, add.portions[0].quantity) == ("flask", None)


def test_temperatures_and_ramps() -> None:
    plain, warm, ramp = steps("hold 1 h ; hold 30 s at 50 degC ; hold 2 min from 25 degC to 50 degC")
    assert isinstance(plain, Hold)
    assert isinstance(warm, Hold)
    assert isinstance(ramp, Hold)
    assert (value(plain.duration), plain.temperature, plain.until) == (60, None, None)
    assert (value(warm.duration), value(warm.temperature), warm.until) == (0.5, 323.15, None)
    assert (value(ramp.temperature), value(ramp.until)) == (298.15, 323.15)


def test_the_other_steps() -> None:
    made = steps(
        """add 1 mL toluene over 10 min
        dilute to 10 mL with toluene
        discard 1 mL ; discard
        flow 0.1 mL/min S + 6 mL/h W out 0.2 mL/min for 10 min
        equilibrate ; set lamp = 1 ; repeat 3 { hold 1 min }"""
    )
    add, dilute, some, everything, flow, steady, lamp, repeat = made
    assert isinstance(add, Add)
    assert value(add.over) == 10
    assert isinstance(dilute, DiluteTo)
    assert (dilute.stock, value(dilute.volume)) == ("toluene", 10)
    assert isinstance(some, Discard)
    assert value(some.volume) == 1
    assert isinstance(everything, Discard)
    assert everything.volume is None
    assert isinstance(flow, Flow)
    assert [value(p.quantity) for p in flow.inlets] == [pytest.approx(0.1)] * 2
    assert (value(flow.outlet), value(flow.duration)) == (pytest.approx(0.2), 10)
    assert isinstance(steady, Equilibrate)
    assert isinstance(lamp, Set)
    assert (lamp.name, value(lamp.value)) == ("lamp", 1)
    assert isinstance(repeat, Repeat)
    assert (value(repeat.count), len(repeat.steps)) == (3, 1)


def test_steps_work_on_the_vessel_that_was_named_last() -> None:
    made = experiment(
        """experiment e { mix 1 mL S in flask ; add 1 mL toluene ; take 10 uL into cuvette ; add 1 mL toluene
        use flask ; add 1 mL toluene ; take 20 uL ; add 1 mL toluene }"""
    ).steps
    places = [s.vessel for s in made if isinstance(s, Mix | Add | Take | Use)]
    assert places == ["flask", "flask", "cuvette", "cuvette", "flask", "flask", "pot", "pot"]
    assert [s.source for s in made if isinstance(s, Take)] == ["flask", "flask"]


# --- measuring ---------------------------------------------------------------------------------------------


def test_spectra_on_a_grid_at_listed_times() -> None:
    made = step("measure s = spectrum(320 nm .. 450 nm step 2 nm) at 1, 2, 5 min after 30 s in 5 mm cell")
    assert isinstance(made, Observe)
    (reading,) = made.readings
    assert [value(w) * 1e7 for w in reading.wavelengths] == pytest.approx([320, 450, 2])
    assert ([value(t) for t in made.times], value(made.dead_time), value(reading.path)) == ([1, 2, 5], 0.5, 0.5)


def test_a_spectrum_has_a_point_a_nanometre_where_nothing_else_is_said() -> None:
    made = step("measure s = spectrum(320 .. 450 nm)")
    assert isinstance(made, Observe)
    assert [value(w) * 1e7 for w in made.readings[0].wavelengths] == pytest.approx([320, 450, 1])


def test_concentrations_and_observables_are_read_under_their_names() -> None:
    text = "observable total = [A] + [B]\nexperiment e { mix 1 mL S ; measure [A], total, twice = 2*[A] + total }"
    made = experiment(text).steps[1]
    assert isinstance(made, Observe)
    shown = [(r.name, r.kind, to_text(r.expression)) for r in made.readings if r.expression]
    assert shown == [("A", "value", "A"), ("total", "value", "total"), ("twice", "value", "2*A + total")]


def test_after_at_stand_times_or_a_temperature() -> None:
    made = step("measure [A] at 1, 2 h at 50 degC")
    assert isinstance(made, Observe)
    assert ([value(t) for t in made.times], value(made.temperature)) == ([60, 120], 323.15)


# --- loops, origins, batches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ("15, 30 uL", [0.015, 0.03]),
        ("15 uL, 0.03 mL", [0.015, 0.03]),
        ("0 .. 1 mL step 0.25", [0, 0.25, 0.5, 0.75, 1]),
        ("1 .. 3, 10 mL step 1", None),
        ("1, 2 .. 4 mL step 1", [1, 2, 3, 4]),
        ("a0*1 mL/(1 mM), 2 mL", None),
    ],
)
def test_values_of_a_loop(values: str, wanted: list[float] | None) -> None:
    text = f"experiment e(v) for v in {values} {{ mix v S }}"
    if wanted is None:
        result = check_text(HEAD + text)
        assert bool(result.mechanism) == (not any(f.severity == "error" for f in result.diagnostics))
    else:
        assert [value(v) for v in experiment(text).loops[0].values] == pytest.approx(wanted)


def test_whole_numbers_and_temperatures_in_ranges() -> None:
    text = "for n in 1 .. 3, T in 20 .. 40 degC step 10 { mix 1 mL S ; hold 1 min at T ; repeat n { hold 1 min } }"
    n, t = experiment(f"experiment e {text}").loops
    assert [value(v) for v in n.values] == [1, 2, 3]
    assert [value(v) for v in t.values] == [293.15, 303.15, 313.15]


def test_an_experiment_begins_where_another_stood() -> None:
    text = """experiment a(v) "aged" for v in 15, 30 uL { mix v S + 2 mL toluene ; hold 1 min }
    experiment e from a(30 uL) after 20 h from "Fig. 1b" { add 0.7 mL OTA ; measure [A] every 2 min for 90 min }"""
    e = experiment(text)
    assert e.origin is not None
    assert (e.origin.experiment, [value(a) for a in e.origin.arguments]) == ("a", [0.03])
    assert (value(e.origin.after), e.source) == (1200, "Fig. 1b")
    assert experiment(text, "a").label == "aged"


def test_vessels_of_the_origin_are_there() -> None:
    text = (
        "experiment a { mix 1 mL S in flask ; take 10 uL into cell1 }\nexperiment e from a { use flask ; hold 1 min }"
    )
    assert experiment(text).steps[0] == Use("flask")


def test_an_origin_may_stand_below() -> None:
    text = "experiment e from a { hold 1 min }\nexperiment a { mix 1 mL S }"
    assert codes(text) == []


def test_another_batch_has_other_values() -> None:
    e = experiment("experiment e { with a0 = 1.1*a0 ; mix 1 mL S }")
    assert [(name, to_text(v)) for name, v in e.values] == [("a0", "1.1*a0")]


def test_words_of_steps_are_free_as_names() -> None:
    words = (
        "mix",
        "hold",
        "take",
        "add",
        "measure",
        "over",
        "to",
        "after",
        "from",
        "with",
        "step",
        "flow",
        "of",
        "all",
    )
    text = "\n".join(f"{word} -> B @ k*{word}" for word in words)
    text += "\nparameter k = 1 /M/s, at = 3 M, every = 2 M\nobservable x = 2 at + 3 over + 2 every + [from]"
    assert check_text(text).mechanism is not None


# --- the mechanism ------------------------------------------------------------------------------------------------


TWO = FIG4 + "experiment e { mix 1 mL CdTe_IP ; hold 1 min }\n"


def test_a_plain_run_asks_for_nothing_of_the_bench() -> None:
    m = mscnet.loads(TWO)
    assert [p.name for p in m.missing_values()] == ["k1", "k2", "kf"]


def test_an_experiment_asks_for_what_its_bottles_need() -> None:
    m = mscnet.loads(TWO)
    asked = {p.name for p in m.missing_values_of(["e"])}
    assert asked == {"k1", "k2", "kf", "p0", "m0"}


def test_what_an_experiment_sets_itself_it_does_not_ask_for() -> None:
    m = mscnet.loads(FIG4 + "experiment e { with p0 = 1 mM, m0 = 2 mM ; mix 1 mL CdTe_IP }")
    assert {p.name for p in m.missing_values_of(["e"])} == {"k1", "k2", "kf"}


def test_a_chosen_pathway_keeps_bottles_and_experiments() -> None:
    text = HEAD + "pathway p { C -> D @ k2 }\npathway q { C -> E @ k2 }\nexperiment e { mix 1 mL S }"
    m = mscnet.loads(text).with_pathway("p")
    assert ([e.name for e in m.experiments], len(m.stocks)) == (["e"], 5)
    assert "OTA" in {s.name for s in m.species}


def test_merged_mechanisms_have_the_bench_of_both() -> None:
    a = mscnet.loads(HEAD + "experiment e { mix 1 mL S }")
    b = mscnet.loads(HEAD + "experiment f { mix 2 mL S }")
    assert [e.name for e in a.merge(b).experiments] == ["e", "f"]
    with pytest.raises(mscnet.MechanismError, match="`e` differs"):
        a.merge(mscnet.loads(HEAD + "experiment e { mix 3 mL S }"))


def test_values_of_the_bench_can_be_set() -> None:
    m = mscnet.loads(FIG4).with_values(p0="1 M")
    assert m.value_of("p0") == 1000


def test_dimensions_by_name_are_those_of_chemists() -> None:
    assert VOLUME * CONCENTRATION == AMOUNT != MASS


# --- what is wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("experiment e { mix 1 mL T }", ["E010"]),
        ("experiment e { mix 1 mL S ; add 2 min toluene }", ["E020"]),
        ("experiment e(q) { mix q S }", ["W067"]),
        ("experiment e(q) { mix q S }\noption experiment = e(3 mL)", []),
        ("experiment e(q) { mix q S }\nexperiment f from e(3 mL) { hold 1 min }", []),
        ("experiment e(q) { mix q S }\nexperiment f from e(3 min) { hold 1 min }", ["E020"]),
        ("experiment e for lamp in 1, 2 { mix 1 mL S }", ["E011"]),
        ("experiment e { mix 1 mL S ; measure }", ["E080"]),
        ("experiment e { mix 1 mL S ; repeat 101 { repeat 100 { hold 1 s } } }", ["E081"]),
        ("experiment e for a in 1 .. 101, b in 1 .. 100 { mix 1 mL S }", ["E081"]),
        ("experiment e { mix 1 mL S ; measure [A] every 1 s for 1000 h }", ["E081"]),
        ("experiment e { mix 1 mL S ; measure s = spectrum(300 nm .. 400 nm step 1 fm) }", ["E081"]),
        ("experiment e { mix 1 mL S ; measure [A] at 0 .. 20000 s step 1 s }", ["E081"]),
        ("experiment e from e { hold 1 s }", ["E015"]),
        ("experiment e { hold 1 s\n", ["E003"]),
        ("pathway p { A -> D @ 1 ; experiment e { mix 1 mL S } }", ["E009"]),
        ("solution toluene { A = 1 }", ["E011"]),
        ("option experiment = none", ["E027"]),
        ("experiment e { mix 1 mL S ; set S = 3 }", ["E010"]),
        ("experiment e { mix 1 mL S in toluene }", ["E016"]),
    ],
)
def test_findings(text: str, wanted: list[str]) -> None:
    assert codes(text) == wanted


def test_numbers_are_exact() -> None:
    e = experiment("experiment e { mix 0.1 mL S }").steps[0]
    assert isinstance(e, Mix)
    quantity = e.portions[0].quantity
    assert isinstance(quantity, Number)
    assert quantity.value == Fraction(1, 10)


def test_an_experiment_without_steps_is_an_error() -> None:
    found = check_text("A -> B @ 0.1\nexperiment e { }").diagnostics
    assert [(d.code, d.message) for d in found if d.severity == "error"] == [("E083", "`e` has no steps")]
