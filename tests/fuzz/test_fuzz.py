"""Made-up programs and damaged texts through every form of `check`; what they have found stays found."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from mscnet.language import check_text
from tests.fuzz.campaign import campaign
from tests.fuzz.cases import case, program
from tests.fuzz.corpus import past_faults, put_files
from tests.fuzz.forms import BYTES, SECONDS, try_out
from tests.fuzz.grammar import deriver
from tests.fuzz.kinds import RIGHT, WRONG
from tests.fuzz.work import calls_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    put_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", past_faults())
def test_a_past_fault_is_none_now(name: str, folder: Path) -> None:
    assert try_out(past_faults()[name], folder, Random(name)).faults == []


@pytest.mark.parametrize("block", range(4))
def test_a_few_cases(block: int, folder: Path) -> None:
    for index in range(6):
        outcome = try_out(case(block, index).data, folder, Random(index), 0.3)
        assert outcome.faults == [], f"python -m tests.fuzz --seed {block} --case {index}"


#: What is known to cost more: each of many imports is joined to all before it.
SQUARE = ("imports of one mechanism",)


@pytest.mark.slow
def test_two_thousand_cases() -> None:
    tally = campaign(20, 2000, share=0.3)
    assert tally.faults == []
    assert (tally.programs, tally.worst_seconds < SECONDS, tally.worst_bytes < BYTES) == (2000, True, True)


@pytest.mark.slow
def test_a_child_that_dies_is_a_fault_of_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCNET_FUZZ_STOP_AT", "2")
    tally = campaign(1, 4, share=0.0)
    assert tally.programs == 4
    assert [index for index, _ in tally.faults] == [2]


@pytest.mark.slow
def test_a_campaign_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    campaign(1, 2, folder=tmp_path, share=0.0)
    assert campaign(1, 3, folder=tmp_path, share=0.0).programs == 3


def test_most_made_up_programs_are_right(folder: Path) -> None:
    results = [check_text(program(Random(seed))) for seed in range(60)]
    assert sum(result.mechanism is not None for result in results) > 25


def test_every_rule_of_the_grammar_comes() -> None:
    made = deriver()
    text = made.text(Random(1), 1500)
    words = [
        t
        for t in ("pathway", "expect", "experiment", "instrument", "without", "bonds", "every", "table")
        if t not in text
    ]
    assert words == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in (*RIGHT, *WRONG) if kind not in SQUARE])
def test_what_reading_costs_grows_as_the_text_does(kind: str) -> None:
    text = {**RIGHT, **WRONG}[kind]
    check_text(text(3))
    few, many = (calls_of(lambda n=n: check_text(text(n))) for n in (200, 800))  # type: ignore[misc]
    assert many < 6 * few + 20_000
