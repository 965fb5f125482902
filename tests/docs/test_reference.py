"""The page of the language is complete: every construct of the grammar and every word of it is in an example."""

from __future__ import annotations

import re

import pytest

import mscnet
from mscnet.language import facts, format_ascii, programs, slips, thermal
from mscnet.language.family_rewrite import _FOLDS
from mscnet.language.family_values import _FUNCTIONS
from mscnet.language.grammar import grammar
from mscnet.language.options import OPTIONS
from mscnet.language.protocol_steps import VERBS
from mscnet.mechanism.constants import CONSTANTS
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.facts import FEATURES
from mscnet.mechanism.optics import INSTRUMENT_SETTINGS, SHAPES
from mscnet.mechanism.units import UNIT_KEYS, UNITS
from tests.docs.reading import alternatives_used, every_alternative
from tests.docs.test_examples import ROOT, blocks_of

PAGE = ROOT / "docs" / "language.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = [block.text for block in blocks_of(PAGE) if block.kind == "mech"]
CODE = re.sub(r"#[^\n]*", "", "\n".join(EXAMPLES))

#: What no example can show, and why.
NOT_SHOWN = {
    ("file", ""): "a text of nothing",
    ("_entry", "LINE"): "no text has the token: recovery looks for it",
    ("_shape", "LINE"): "no text has the token: recovery looks for it",
    ("_fact_or_mark", "LINE"): "no text has the token: recovery looks for it",
    ("named_law", "TEMPLATE"): "always an error: the name before `=` is `K`",
}


def is_code(pattern: str) -> bool:
    return re.search(pattern, CODE) is not None


def test_every_alternative_of_the_grammar_is_in_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    assert every_alternative() - alternatives_used(EXAMPLES, monkeypatch) <= set(NOT_SHOWN)


def test_every_exception_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not set(NOT_SHOWN) & alternatives_used(EXAMPLES, monkeypatch)
    assert set(NOT_SHOWN) <= every_alternative()


@pytest.mark.parametrize("head", slips.HEADS)
def test_every_statement_is_in_the_table_and_in_an_example(head: str) -> None:
    table = TEXT[TEXT.index("## Statements") : TEXT.index("## Text and statements")]
    assert re.search(rf"^\| .*`[^`]*\b{head}\b", table, re.MULTILINE)
    assert is_code(rf"(?m)(?:^|[;{{:])\s*{head}\b")


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_has_an_example_and_its_words_are_named(option: str) -> None:
    assert is_code(rf"option [^;]*\b{option} =")
    section = TEXT[TEXT.index("## Options") : TEXT.index("## Bands")]
    assert all(f"`{word}`" in section for word in (option, *OPTIONS[option].words))


@pytest.mark.parametrize(
    "name", sorted({*FUNCTIONS, *programs.NAMES, *thermal._FORMS, *_FOLDS, *FEATURES, *facts._FORMS})
)
def test_every_function_has_an_example(name: str) -> None:
    assert is_code(rf'\b{name}(?:\(| ")')
    assert re.search(rf"`[^`]*\b{name}\b", TEXT)


@pytest.mark.parametrize("name", _FUNCTIONS)
def test_every_function_of_indices_is_named(name: str) -> None:
    section = TEXT[TEXT.index("## Families") : TEXT.index("## Temperature")]
    assert f"`{name}`" in section


@pytest.mark.parametrize("name", CONSTANTS)
def test_every_constant_has_an_example(name: str) -> None:
    assert f"`{name}`" in TEXT
    assert is_code(rf"\b{name}\*temperature")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_an_experiment_has_an_example(verb: str) -> None:
    section = TEXT[TEXT.index("## Experiments") : TEXT.index("## Options")]
    assert re.search(rf"^\| `{verb}\b", section, re.MULTILINE)
    assert is_code(rf"(?m)(?:^|[;{{])\s*{verb}\b")


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_and_what_it_may_be_given_has_an_example(shape: str) -> None:
    lines = [line for line in re.split(r"[;{}\n]", CODE) if line.strip().startswith(shape)]
    for setting in (*SHAPES[shape][0], *SHAPES[shape][1]):
        assert any(f"{setting} =" in line for line in lines), setting


@pytest.mark.parametrize("setting", INSTRUMENT_SETTINGS)
def test_every_setting_of_the_instrument_has_an_example(setting: str) -> None:
    assert re.search(rf"instrument \{{[^}}]*\b{setting} =", CODE)
    assert f"`{setting}`" in TEXT


@pytest.mark.parametrize("key", UNIT_KEYS)
def test_everything_that_units_can_set_has_an_example(key: str) -> None:
    assert is_code(rf"units [^;]*\b{key} =")
    assert f"`{key}`" in TEXT


def test_every_unit_is_in_the_table() -> None:
    table = TEXT[TEXT.index("| of | units | with prefixes |") : TEXT.index('"`fs` … `ms`" stands for')]
    named = set(re.findall(r"`([^`]+)`", table))
    for last in re.findall(r"`f\w+` … `m(\w+)`", table):
        named |= {prefix + last for prefix in ("f", "p", "n", "u", "µ", "μ", "m")}
    spelled_alike = {unit for unit in UNITS if unit[0] in "µμ" and "u" + unit[1:] in named}
    plural = {"seconds", "minutes", "hours", "days", "weeks", "years", "\N{ANGSTROM SIGN}"}
    litres = {unit for unit in UNITS if unit.endswith("l") and unit[:-1] + "L" in named}
    assert set(UNITS) - named - spelled_alike - plural - litres == set()


# --- every sign has an ASCII spelling ---------------------------------------------------------------------


def signs() -> set[str]:
    """Every sign beyond ASCII that the grammar or a unit has."""
    rules = re.sub(r"(?m)^\s*//[^\n]*", "", grammar())
    return {c for c in rules + "".join(UNITS) if not c.isascii()} - {"\N{ANGSTROM SIGN}", "μ"}


@pytest.mark.parametrize("sign", sorted(signs()))
def test_every_sign_is_in_the_table_of_ascii_spellings(sign: str) -> None:
    table = TEXT[TEXT.index("Every sign has an ASCII spelling:") : TEXT.index("## Reactions")]
    assert sign in table
    assert sign in {*"".join(format_ascii.SIGNS), *format_ascii.LETTERS, "≡", "–"}


@pytest.mark.parametrize(
    ("written", "ascii"),
    [
        ("A → B @ 1", "A -> B @ 1"),
        ("A ← B @ 1", "A <- B @ 1"),
        *((f"A {arrow} B @ 1, 2", f"A {plain} B @ 1, 2") for arrow in "⇌⇄↔" for plain in ("<->", "<=>")),
        ("∅ -> B @ 1", "0 -> B @ 1"),
        ("A -> ∅ @ 1", "A -> 0 @ 1"),
        *(("A -> B @ k\nparameter k = 1 ± 0.1", f"A -> B @ k\nparameter k = 1 {sign} 0.1") for sign in ("+-", "+/-")),
        ("A -> B @ 2·3", "A -> B @ 2*3"),
        ("species A = 3 µM\nA -> B @ 1", "species A = 3 uM\nA -> B @ 1"),
        ("species A = 3 μM\nA -> B @ 1", "species A = 3 uM\nA -> B @ 1"),
        ("temperature = 25 °C\nA -> B @ 1", "temperature = 25 degC\nA -> B @ 1"),
        ("A -> B @ 1\nx = 5 Å", "A -> B @ 1\nx = 5 angstrom"),
        (
            "bond C≡C = 800 kJ/mol\nspecies A bonds C≡C\nA -> B @ 1",
            "bond C-=C = 800 kJ/mol\nspecies A bonds C-=C\nA -> B @ 1",
        ),
        (
            "bond C–C = 350 kJ/mol\nspecies A bonds C–C\nA -> B @ 1",
            "bond C-C = 350 kJ/mol\nspecies A bonds C-C\nA -> B @ 1",
        ),
    ],
)
def test_the_ascii_spelling_means_the_same(written: str, ascii: str) -> None:
    assert ascii.isascii()
    assert mscnet.loads(written) == mscnet.loads(ascii)


# --- finding things --------------------------------------------------------------------------------------------


def test_every_section_is_in_the_contents() -> None:
    contents = TEXT[: TEXT.index("## A first look")]
    for title in re.findall(r"^## (.+)$", TEXT, re.MULTILINE):
        assert f"[{title}](#{anchor(title)})" in contents


def anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_link_within_the_page_leads_to_a_section() -> None:
    sections = {anchor(title) for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= sections
