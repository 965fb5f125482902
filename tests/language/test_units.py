"""Units: factors and dimensions against Pint, exactness, and the units that a file chooses."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mscnet
from mscnet.language import check_text
from mscnet.mechanism.quantity import QuantityError, parse_quantity, parse_unit
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, NONE, SI_MOLAR, TIME, UNITS, Dimension, Unit, UnitSystem

#: Our symbols that Pint spells another way.
TO_PINT = {
    "sec": "second", "hr": "hour", "yr": "julian_year", "year": "julian_year", "years": "julian_year",
    "molecule": "particle", "molecules": "particle", "cc": "centimeter**3", "°C": "kelvin", "degC": "kelvin",
    "litre": "liter", "Torr": "torr", "K": "kelvin", "mK": "millikelvin", "C": "coulomb",
    "mC": "millicoulomb", "percent": "percent", "A": "ampere", "h": "hour", "d": "day",
}  # fmt: skip
#: Units that Pint has from measured constants, to the digits of an older adjustment: not exact there.
MEASURED = {"Da", "kDa"}
BASES = {
    "[time]": "time", "[length]": "length", "[mass]": "mass", "[substance]": "amount", "[temperature]": "temperature",
    "[current]": "current",
}  # fmt: skip


@cache
def registry() -> Any:
    pint = pytest.importorskip("pint")
    return pint.UnitRegistry(non_int_type=Fraction)


def in_pint(symbol: str) -> tuple[Fraction, Dimension]:
    """SI factor and dimension that Pint gives a unit of ours."""
    ureg = registry()
    quantity = ureg.Quantity(Fraction(1), TO_PINT.get(symbol, symbol)).to_base_units()
    exponents = {BASES[base]: Fraction(power) for base, power in quantity.dimensionality.items()}
    return Fraction(quantity.magnitude), Dimension.from_mapping(exponents)


@pytest.mark.parametrize("symbol", sorted(set(UNITS) - MEASURED))
def test_a_unit_is_what_pint_says(symbol: str) -> None:
    unit = UNITS[symbol]
    assert (unit.factor, unit.dimension) == in_pint(symbol)


@pytest.mark.parametrize("symbol", sorted(MEASURED))
def test_a_measured_unit_is_near_what_pint_says(symbol: str) -> None:
    factor, dimension = in_pint(symbol)
    assert float(UNITS[symbol].factor) == pytest.approx(float(factor), rel=2e-9)
    assert UNITS[symbol].dimension == dimension


PRODUCTS = st.lists(
    st.tuples(st.sampled_from(sorted(set(UNITS) - MEASURED - {"°C", "degC"})), st.integers(-3, 3)), max_size=4
)


def spelled(product: list[tuple[str, int]], random: Random) -> str:
    """A product of powers as text, below the line or with negative powers."""
    text = ""
    for symbol, power in product:
        if power:
            below = power < 0 and random.random() < 0.6
            size = -power if below else power
            shown = symbol if size == 1 else f"{symbol}^{random.choice((str(size), f'({size})'))}"
            joiner = random.choice(("/", " / ")) if below else random.choice((" ", "*", "·")) if text else ""
            text += joiner + shown
    return text


@given(PRODUCTS, st.integers(0, 2**32))
def test_a_product_of_units_is_what_pint_says(product: list[tuple[str, int]], seed: int) -> None:
    factor, dimension = Fraction(1), NONE
    for symbol, power in product:
        own, base = in_pint(symbol)
        factor, dimension = factor * own**power, dimension * base**power
    assert parse_unit(spelled(product, Random(seed)), SI_MOLAR) == (factor, dimension)


TIMES = st.sampled_from(["ms", "s", "min", "h", "d"])
LEVELS = st.sampled_from(["M", "mM", "uM", "nM"])
LENGTHS = st.sampled_from([("L", "dm"), ("mL", "cm"), ("uL", "mm")])


@st.composite
def systems(draw: st.DrawFn) -> UnitSystem:
    volume, length = draw(LENGTHS)
    return UnitSystem(
        UNITS[draw(TIMES)],
        UNITS[draw(LEVELS)],
        UNITS[volume],
        UNITS[length],
        UNITS[draw(st.sampled_from(["g", "mg", "kg"]))],
    )


NUMBERS = st.tuples(st.integers(-999, 999), st.integers(-12, 6)).map(lambda x: f"{x[0]}e{x[1]}")
DERIVED = st.sampled_from(
    ["/mM/min", "M/s", "umol", "mol/m^3", "nL", "J/mol", "kcal/mol", "g/mol", "m^2/s", "N/m", "kPa", "/M/cm"]
)


@given(NUMBERS, DERIVED, systems(), systems())
def test_a_conversion_there_and_back_is_exact(number: str, unit: str, a: UnitSystem, b: UnitSystem) -> None:
    value, dimension = parse_quantity(f"{number} {unit}", a)
    assert dimension is not None
    other, _ = parse_quantity(f"{number} {unit}", b)
    assert other * b.scale_of(dimension) == value * a.scale_of(dimension) == Fraction(number) * parse_unit(unit, a)[0]


@given(NUMBERS, systems(), st.integers(-3, 3), st.integers(-3, 3))
def test_the_unit_that_a_system_describes_has_the_factor_one(number: str, a: UnitSystem, c: int, t: int) -> None:
    dimension = CONCENTRATION**c * TIME**t
    value, read = parse_quantity(f"{number} {a.describe(dimension)}", a)
    assert (value, read or NONE) == (Fraction(number), dimension)


# --- exactness ---------------------------------------------------------------------------------------

EXACT = [
    ("M", "0.1 mM", 1e-4),
    ("M", "1 mM", 1e-3),
    ("mM", "1.2 mM", 1.2),
    ("mM", "0.1 M", 100.0),
    ("mM", "3 uM", 3e-3),
    ("uM", "0.3 nM", 3e-4),
    ("nM", "0.7 mM", 7e5),
    ("M", "7 mol/m^3", 7e-3),
    ("M", "0.3 mmol/mL", 0.3),
    ("M", "6.02214076e23 molecule/L", 1.0),
]


def initial_of(mech: mscnet.Mechanism, species: str) -> float:
    initial = mech.get_species(species).initial
    assert initial is not None
    return mech.evaluate(initial)


@pytest.mark.parametrize(("unit", "given_", "value"), EXACT)
def test_an_initial_value_is_the_float_that_one_would_type(unit: str, given_: str, value: float) -> None:
    mech = mscnet.loads(f"units concentration = {unit}\nspecies A = {given_}\nA -> B @ k")
    assert initial_of(mech, "A") == value


@pytest.mark.parametrize(
    ("units", "given_", "value"),
    [
        ("time = min, concentration = mM", "0.05 /mM/min", 0.05),
        ("time = s, concentration = M", "0.06 /mM/min", 1.0),
        ("time = h, concentration = uM", "0.1 /M/s", 3.6e-4),
        ("time = min, concentration = mM", "1e10 M^-1 s^-1", 6e8),
        ("time = min, concentration = mM", "2 L/mol/s", 0.12),
        ("time = min, concentration = mM", "2 m^3 mol^-1 s^-1", 120.0),
    ],
)
def test_a_rate_constant_is_the_float_that_one_would_type(units: str, given_: str, value: float) -> None:
    mech = mscnet.loads(f"units {units}\nparameter k = {given_}\nA + B -> C @ k")
    assert mech.get_parameter("k").value == value


@pytest.mark.parametrize(
    ("text", "kelvin"), [("25 °C", 298.15), ("25 degC", 298.15), ("0 degC", 273.15), ("298.15 K", 298.15)]
)
def test_a_temperature_is_in_kelvin(text: str, kelvin: float) -> None:
    mech = mscnet.loads(f"temperature = {text}\nA -> B @ k")
    assert mech.value_of("temperature") == kelvin


@pytest.mark.parametrize(("text", "value"), [("5 %", 0.05), ("50 percent", 0.5), ("3 ppm", 3e-6)])
def test_a_share_is_a_pure_number(text: str, value: float) -> None:
    assert mscnet.loads(f"parameter y = {text}\nA -> y2 @ k*y").get_parameter("y").value == value


@pytest.mark.parametrize("text", ["parameter T = 5 degC/min", "parameter T = 5 degC^2", "T = 5 degC/min"])
def test_degrees_celsius_are_no_factor(text: str) -> None:
    assert "E013" in [d.code for d in check_text(f"{text}\nA -> B @ k*T/T").diagnostics]


@pytest.mark.parametrize("text", ["20 degC ± 2", "20 ± 2 degC", "20 °C ± 2 K"])
def test_a_deviation_in_degrees_is_a_difference(text: str) -> None:
    T = mscnet.loads(f"parameter T = {text}\nA -> B @ k*exp(-T/300 K)").get_parameter("T")
    assert (T.value, T.prior) == (293.15, 2.0)


# --- the units of a file -----------------------------------------------------------------------------


def system_of(settings: str) -> UnitSystem:
    return mscnet.loads(f"units {settings}\nA -> B @ k").units


def test_without_units_a_file_is_in_seconds_and_mol_per_litre() -> None:
    assert mscnet.loads("A -> B @ k").units == SI_MOLAR


def test_length_follows_volume() -> None:
    assert system_of("volume = mL").length == UNITS["cm"]


def test_volume_follows_length() -> None:
    assert system_of("length = mm").volume.factor == UNITS["uL"].factor


def test_concentration_follows_amount_and_volume() -> None:
    assert system_of("amount = umol, volume = mL").concentration == UNITS["mM"]


def test_amount_follows_concentration_and_volume() -> None:
    assert system_of("concentration = mM, volume = mL").scale_of(AMOUNT) == UNITS["umol"].factor


def test_a_concentration_may_be_a_product() -> None:
    assert system_of("concentration = mol/m^3").concentration.factor == 1


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ("time = mM", "E020", ("concentration", "time")),
        ("concentration = min", "E020", ("time", "concentration")),
        ("time = fortnight", "E012", ("fortnight",)),
        ("tiem = s", "E010", ("tiem",)),
        ("time = s, time = min", "E011", ("time",)),
        ("volume = mL, length = m", "E013", ("mL", "m")),
        ("amount = mol, concentration = mM, volume = L", "E013", ("mol", "mM", "L")),
        ("concentration = mM^2", "E020", ("concentration^2",)),
    ],
)
def test_units_that_cannot_be(settings: str, code: str, words: tuple[str, ...]) -> None:
    findings = check_text(f"units {settings}\nA -> B @ k").diagnostics
    assert [d.code for d in findings] == [code]
    assert all(word in findings[0].message for word in words)


def test_a_misspelt_unit_key_has_a_suggestion() -> None:
    assert "time" in (check_text("units tiem = s\nA -> B @ k").diagnostics[0].hint or "")


@pytest.mark.parametrize(("text", "near"), [("5 /mn", "min"), ("5 /sce", "sec"), ("5 /hours2", "hours")])
def test_a_misspelt_unit_has_a_suggestion(text: str, near: str) -> None:
    findings = check_text(f"parameter k = {text}\nA -> B @ k").diagnostics
    assert [d.code for d in findings] == ["E012"]
    assert near in (findings[0].hint or "")


NO_QUANTITIES = [
    "", "mM", "5 mM mM5x", "5 /", "5 mM /", "5 / / mM", "5 mM * / s", "5 mM^(-1", "5 degC/min", "5 °C^2", "x",
    "5 mM^1000", "1e999", "5 (mM)", "0x5", "1" * 300, "５x",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_QUANTITIES)
def test_a_text_that_is_no_quantity(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_quantity(text, SI_MOLAR)


# --- spellings ---------------------------------------------------------------------------------------

ALIKE = [
    "/mM/min",
    "mM^-1 min^-1",
    "mM^-1/min",
    "/min/mM",
    "L/mmol/min",
    "mM^(-1) min^(-1)",
    "mM^-1*min^-1",
    "m^3/mol/min",
]


@pytest.mark.parametrize("unit", ALIKE)
def test_spellings_of_one_unit(unit: str) -> None:
    mech = mscnet.loads(f"units time = min, concentration = mM\nparameter k = 0.05 {unit}\nA + B -> C @ k")
    assert mech.get_parameter("k").value == 0.05


@pytest.mark.parametrize("micro", ["u", "µ", "μ"])
def test_micro_has_three_spellings(micro: str) -> None:
    mech = mscnet.loads(f"units concentration = uM\nspecies A = 2 {micro}M\nA -> B @ k")
    assert initial_of(mech, "A") == 2.0


@pytest.mark.parametrize("space", ["", " ", "\t", "  "])
def test_a_blank_before_a_unit_is_free(space: str) -> None:
    assert mscnet.loads(f"parameter k = 6{space}/min\nA -> B @ k").get_parameter("k").value == 0.1


def test_with_values_reads_units() -> None:
    mech = mscnet.loads("units time = min, concentration = mM\nA + B -> C @ k").with_values(k="1 /M/s")
    assert mech.get_parameter("k").value == 0.06


def test_with_values_refuses_another_dimension() -> None:
    with pytest.raises(mscnet.MechanismError, match="per concentration per time"):
        mscnet.loads("A + B -> C @ k").with_values(k="1 /s")


@pytest.mark.parametrize("value", ["1e300 /fM/s", 10**400], ids=["text", "number"])
def test_with_values_refuses_what_no_float_holds(value: str | int) -> None:
    with pytest.raises(mscnet.MechanismError):
        mscnet.loads("A + B -> C @ k").with_values(k=value)


def test_every_unit_has_a_symbol_of_its_own() -> None:
    assert all(isinstance(unit, Unit) and unit.symbol == symbol for symbol, unit in UNITS.items())
