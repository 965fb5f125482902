"""``mscnet compare``: what it prints, its files, going on after an end, and what it refuses."""

import csv
import json

import pytest

LAG = """units time = min, concentration = mM, volume = mL
species A
species B
species C
parameter k1 = 0.2 /min in 1e-2 .. 2 log
parameter k2 = 0.2 /min in 1e-2 .. 2 log
pathway direct "A to B" { step1: A -> B @ k1 }
pathway chain "by way of C" { step1: A -> C @ k1
    step2: C -> B @ k2 }
solution stock { A = 1 mM }
experiment batch {
    mix 2 mL stock
    measure b = [B] every 2 min for 24 min
}
expect batch {
    at(b, 2 min) = 0.075 mM ± 0.01 mM as "early"
    half_time(b) = 8.4 min ± 0.5 min as "half"
    at(b, 20 min) = 0.93 mM ± 0.02 mM as "late"
    at(b, 1 min) < 0.04 mM as "lag"
}
"""


@pytest.fixture
def lag(folder):
    (folder / "lag.mech").write_text(LAG, encoding="utf-8")
    return folder


def test_json_has_the_keys_that_programs_rely_on(mscnet, lag):
    rows = json.loads(mscnet("compare lag.mech --starts 2 --json").out)
    wanted = {"pathway", "rank", "aicc", "bic", "weight", "sse", "parameters", "facts_passed", "facts_failed"}
    assert all(wanted <= set(row) for row in rows)
    assert [(row["pathway"], row["rank"], row["parameters"]) for row in rows] == [("chain", 1, 2), ("direct", 2, 1)]


def test_facts_are_counted_by_kind(mscnet, lag):
    row = json.loads(mscnet("compare lag.mech --starts 1 --json").out)[0]
    assert (row["n"], row["data"], row["equalities"], row["inequalities"]) == (4, 0, 3, 1)


def test_the_verdict_and_what_decides_are_printed(mscnet, lag):
    shown = " ".join(mscnet("compare lag.mech --starts 2").out.split())
    assert "chain explains what was seen best" in shown
    assert "What speaks most for chain, in units of ln L: against direct: late of batch" in shown
    assert "Assumed:" in shown


def test_files_hold_the_ranking_and_every_fit(mscnet, lag):
    found = mscnet("compare lag.mech --starts 1 --out here")
    assert "wrote compare.json" in found.err
    with open(lag / "here/comparison.csv", newline="") as stream:
        assert [row["pathway"] for row in csv.DictReader(stream)] == ["chain", "direct"]
    assert json.loads((lag / "here/chain/fit.json").read_text())
    assert (lag / "here/ranking.png").read_bytes()[:4] == b"\x89PNG"
    assert (lag / "here/facts.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_a_finished_comparison_goes_on_without_a_new_start(mscnet, lag):
    before = mscnet("compare lag.mech --starts 1 --out here --json").out
    kept = (lag / "here/chain/starts.jsonl").read_bytes()
    assert mscnet("compare lag.mech --starts 1 --out here --resume --json").out == before
    assert (lag / "here/chain/starts.jsonl").read_bytes() == kept


def test_two_files_are_compared(mscnet, lag):
    one = LAG.replace('pathway direct "A to B" { step1: A -> B @ k1 }\n', "").replace("chain", "one")
    (lag / "one.mech").write_text(one.replace('pathway one "by way of C" {', "").replace("step2: C -> B @ k2 }",
                                  "step2: C -> B @ k2"), encoding="utf-8")  # fmt: skip
    rows = json.loads(mscnet("compare one.mech lag.mech --starts 1 --json").out)
    assert [row["pathway"] for row in rows] == ["one", "lag:chain", "lag:direct"]


def test_files_of_other_facts_are_not_ranked(mscnet, lag):
    (lag / "two.mech").write_text(LAG.replace("0.93 mM", "0.95 mM"), encoding="utf-8")
    found = mscnet("compare lag.mech two.mech --starts 1")
    assert found.code == 1
    assert "E145" in found.err
    assert "give the files the same ones" in found.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("compare decay.mech", 1, "nothing to compare it with"),
        ("compare lag.mech --pathways chain,dircet", 1, "did you mean `direct`?"),
        ("compare lag.mech --nested chain", 2, "is no pair"),
        ("compare lag.mech --nested chain,nothing", 1, "`nothing` is not among what is compared"),
        ("compare lag.mech --resume", 2, "--out DIR"),
        ("compare lag.mech --cross-validate --starts 1", 1, "none can be left out"),
        ("compare lag.mech --experiment bath", 1, "did you mean `batch`?"),
    ],
)
def test_what_cannot_be_is_said(mscnet, lag, words, code, said):
    found = mscnet(words)
    assert found.code == code
    assert said in found.err
