"""Comparisons in which a pathway cannot be run, or stands twice."""

from __future__ import annotations

from pathlib import Path

import pytest

import mscnet

HEAD = """
units time = min, concentration = mM, volume = mL
species A ; species B
parameter k1 = 0.2 /min in 1e-3 .. 10 log
parameter k2 = 0.2 /min in 1e-3 .. 10 log
pathway good { a: A -> B @ k1 }
solution stock { A = 1 mM }
experiment e { mix 1 mL stock ; measure b = [B] every 1 min for 20 min }
expect e { at(b, 5 min) = 0.5 mM ± 0.05 mM ; at(b, 10 min) = 0.75 mM ± 0.05 mM }
"""
BLOWS_UP = "pathway blow { b: A -> 2 A @ k2*[A]^3*1000000 /mM^3\n a: A -> B @ k1 }\n"


def test_a_pathway_that_cannot_be_run_is_told_and_the_others_are_ranked(tmp_path: Path) -> None:
    found = mscnet.compare(mscnet.loads(HEAD + BLOWS_UP), starts=2, jobs=1, folder=tmp_path)
    assert ([r.pathway for r in found.ranked], list(found.failed)) == (["good"], ["blow"])
    assert any("Only good could be fitted" in part for part in found.verdict)


def test_such_a_comparison_can_be_made_again_in_its_folder(tmp_path: Path) -> None:
    for _ in range(2):
        mscnet.compare(mscnet.loads(HEAD + BLOWS_UP), starts=1, jobs=1, folder=tmp_path)
    assert not (tmp_path / "blow").exists()


def test_where_none_can_be_run_it_fails() -> None:
    text = HEAD.replace("pathway good { a: A -> B @ k1 }", BLOWS_UP.replace("blow", "other")) + BLOWS_UP
    with pytest.raises(mscnet.FitFailed, match="no pathway could be fitted"):
        mscnet.compare(mscnet.loads(text), starts=1, jobs=1)


@pytest.mark.parametrize(("step", "same"), [("A -> B @ k1", True), ("A -> B @ k2", False)])
def test_one_model_under_two_names_is_told(step: str, same: bool) -> None:
    found = mscnet.compare(mscnet.loads(HEAD + f"pathway twin {{ x: {step} }}\n"), starts=1, jobs=1)
    assert any("good and twin are the same model" in part for part in found.verdict) is same
