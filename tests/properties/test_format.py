"""The layout of a text: formatting twice is formatting once, and neither meaning nor comments change."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import note
from hypothesis import strategies as st

from mscnet import MechanismError, assets, check_text, format_text
from mscnet.records import replace
from tests.properties.holds import holds
from tests.strategies.mechanisms import SEEDS, models, styles
from tests.strategies.render import render
from tests.strategies.untidy import untidy

_FENCE = re.compile(r"^```mech(?: error)?(?: \S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT_OR_TEXT = re.compile(r'"[^"\n]*"|(#[^\n]*)')
PAGES = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))


def written() -> list[str]:
    """Texts that people wrote: the mechanisms that ship, and the examples of the documentation that can be read."""
    shipped = [assets.mechanism_text(name)[1] for name in assets.mechanism_names()]
    return shipped + [text for page in PAGES for text in _FENCE.findall(page.read_text("utf-8")) if readable(text)]


def readable(text: str) -> bool:
    try:
        format_text(text)
    except MechanismError:
        return False
    return True


WRITTEN = written()


def comments(text: str) -> list[str]:
    return [found.rstrip() for found in _COMMENT_OR_TEXT.findall(text) if found]


def meaning(text: str) -> tuple[object, list[tuple[str, str, str | None]]]:
    """The mechanism, without places and without how functions and facts were written, and the findings."""
    result = check_text(text)
    findings = [(finding.code, finding.message, finding.hint) for finding in result.diagnostics]
    if result.mechanism is None:
        return None, findings
    facts = tuple(replace(fact, text="") for fact in result.mechanism.facts)
    units = str.maketrans("µμ", "uu")  # a unit is shown as it was written
    parameters = tuple(replace(p, unit=p.unit.translate(units)) for p in result.mechanism.parameters)
    return replace(result.mechanism, functions=(), facts=facts, parameters=parameters), findings


def drawn(data: st.DataObject) -> str:
    """A text of either kind: made up, or by hand and made untidy."""
    if data.draw(st.booleans()):
        model = data.draw(models(complete=data.draw(st.booleans())))
        return render(model, data.draw(styles(model)))
    texts = [text for text in WRITTEN if len(text) < 2500]
    return untidy(Random(data.draw(SEEDS)), data.draw(st.sampled_from(texts)))


def test_formatting_twice_is_formatting_once(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        once = format_text(drawn(data))
        note(once)
        assert format_text(once) == once

    holds(check, 7 * effort, st.data())


def test_the_meaning_stays(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        text = drawn(data)
        note(text)
        assert meaning(format_text(text)) == meaning(text)

    holds(check, 6 * effort, st.data())


def test_every_comment_stays_in_its_order(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        text = drawn(data).replace("\r\n", "\n").replace("\r", "\n")
        note(text)
        assert comments(format_text(text)) == comments(text)

    holds(check, 7 * effort, st.data())


def test_no_line_ends_in_a_blank_and_no_two_are_empty(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        text = format_text(drawn(data)).replace("\r\n", "\n")
        note(text)
        assert not re.search(r"[ \t]\n|\n\n\n|\t(?![^\n]*#)|\A\n", re.sub(r"#[^\n]*", "#", text))

    holds(check, 6 * effort, st.data())


def test_the_ascii_spelling_means_the_same(effort: int) -> None:
    def check(data: st.DataObject) -> None:
        text = drawn(data)
        note(text)
        spelled = format_text(text, ascii=True)
        assert not re.search("[→←⇌⇄↔∅±·]", re.sub(r'#[^\n]*|"[^"\n]*"', "", spelled))
        assert meaning(spelled) == meaning(text)

    holds(check, 5 * effort, st.data())


@pytest.mark.parametrize("name", assets.mechanism_names())
def test_an_untidy_text_of_a_shipped_mechanism_becomes_as_it_was(name: str) -> None:
    """Where only blanks differ, there is one layout; a comment under a comment, which goes with it, aside."""
    text = re.sub(r"^ {20,}#.*\n", "", format_text(assets.mechanism_text(name)[1]), flags=re.MULTILINE)
    blanks = re.sub(r'("[^"\n]*"|#[^\n]*)|(?<=\S) +(?=[^#\s])', lambda found: found[1] or "  \t", text)
    assert format_text(blanks) == text
