"""What made-up programs have found, each in the words of what must hold."""

from __future__ import annotations

import pytest

from mscnet import format_text
from mscnet.diagnostics import Source, few_suggestions, suggest
from mscnet.language import check_text
from mscnet.language.mending import mend
from tests.fuzz.work import calls_of


def test_a_constant_that_nothing_names_is_not_declared_by_a_fix() -> None:
    text = "A -> B @ k2\nB -> C\nC -> D\n"  # the second constant is k2 and so is another's
    mended = mend(Source("case.mech", text), True)
    assert [made.title for made in mended.made] == ["add `parameter k2`"]


def test_a_fix_that_brings_itself_again_is_not_made() -> None:
    text = "A -> B\nparameter k1 = 2\nB -> C @ k1\n"
    assert mend(Source("case.mech", text), True).made == ()


@pytest.mark.parametrize(
    "text",
    [
        "A -> B  @ 1\nexpect { fig . od < 3 }\n",
        "x = 2 + -3*[A]\nA[2+ -1] -> B  @ 1\n",
    ],
)
def test_blanks_that_keep_two_tokens_apart_stay(text: str) -> None:
    assert format_text(text) == text


def test_suggestions_of_one_reading_have_an_end() -> None:
    names = [f"kappa{i}" for i in range(3000)]
    with few_suggestions():
        hints = [suggest(f"kapa{i}", names) for i in range(40)]
    assert hints[0] == "did you mean `kappa0`?"
    assert hints[-1] is None
    assert suggest("kapa1", names) == "did you mean `kappa1`?"


def test_unknown_names_among_many_cost_what_the_text_does() -> None:
    def text(n: int) -> str:
        return "A -> B @ 0.1\n" + "".join(f"parameter kappa{i} = 1\nd{i} = 2*kapa{i}\n" for i in range(n))

    few, many = (calls_of(lambda n=n: check_text(text(n))) for n in (400, 1600))  # type: ignore[misc]
    assert many < 6 * few
