"""``mscnet design``: what it prints, its files, and what it refuses."""

import json

import pytest

RIVALS = """units time = min, concentration = mM, volume = mL
species A ; species B ; species X constant
parameter k1 = 0.09 /min in 1e-3 .. 1 log
parameter k2 = 0.09 /mM/min in 1e-3 .. 1 log
pathway alone { step1: A -> B @ k1 }
pathway catalyst { step1: A -[X]-> B @ k2 }
solution SA { A = 4 mM }
solution SX { X = 4 mM }
solvent water
experiment batch(vx) for vx in 1 mL {
    mix 1 mL SA + vx SX
    add (3 mL - vx) water
    measure b = [B] every 3 min for 15 min
}
expect batch {
    half_time(b) = 5.5 min ± 0.5 min
    final(b) = 0.75 mM ± 0.03 mM
}
"""
LINE = "design rivals.mech --starts 1 --budget 8 --vary batch.vx=0.2..2mL --error b=0.02"


@pytest.fixture
def rivals(folder):
    (folder / "rivals.mech").write_text(RIVALS, encoding="utf-8")
    return folder


def test_the_protocol_and_its_chances_are_printed(mscnet, rivals):
    shown = mscnet(LINE).out
    assert "for vx in 0.2 mL {" in shown or "for vx in 2 mL {" in shown
    assert "chance to decide" in shown


def test_json_has_the_protocol(mscnet, rivals):
    found = json.loads(mscnet(f"{LINE} --json --rivals catalyst,alone").out)
    assert sorted(found["models"]) == ["alone", "catalyst"]
    assert found["protocol"].startswith("experiment designed(vx)")
    assert len(found["separations"]) == 2


def test_files_can_be_pasted_and_looked_at(mscnet, rivals):
    assert mscnet([*LINE.split(), "--out", "next"]).code == 0
    text = RIVALS + (rivals / "next/designed.mech").read_text()
    (rivals / "more.mech").write_text(text, encoding="utf-8")
    assert mscnet("check more.mech").code == 0
    assert (rivals / "next/curves.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_a_comparison_that_was_kept_is_taken_up(mscnet, rivals):
    assert mscnet("compare rivals.mech --starts 1 --out ranking").code == 0
    kept = json.loads(mscnet([*LINE.split(), "--comparison", "ranking", "--json"]).out)
    made = json.loads(mscnet(f"{LINE} --json").out)
    assert kept["values"] == made["values"]


def test_constants_are_pinned(mscnet, rivals):
    line = f"{LINE} --criterion Ds --parameter k2 --pathway catalyst --json"
    (error,) = json.loads(mscnet(line).out)["standard_errors"]
    assert error["name"] == "k2"
    assert error["after"] < error["before"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("design rivals.mech --vary batch.vx", 2, "gives no range"),
        ("design rivals.mech --error b=-1", 2, "is no standard deviation"),
        ("design rivals.mech --rivals alone", 2, "is no pair"),
        ("design rivals.mech --parameter k2", 2, "add --criterion Ds"),
        ("design rivals.mech --criterion D --rivals alone,catalyst", 2, "leave --criterion out"),
        ("design rivals.mech --comparison nowhere", 1, "cannot be read"),
        ("design rivals.mech --starts 1 --vary batch.vy=1..2mL", 1, "did you mean `batch.vx`?"),
    ],
)
def test_what_cannot_be_is_said(mscnet, rivals, words, code, said):
    found = mscnet(words)
    assert found.code == code
    assert said in found.err


def test_a_comparison_of_an_older_form_is_told(mscnet, rivals):
    (rivals / "old").mkdir()
    old = {"format": "mscnet comparison", "version": 1, "criterion": "aicc", "ranked": [{"pathway": "alone"}]}
    (rivals / "old" / "compare.json").write_text(json.dumps(old))
    found = mscnet("design rivals.mech --comparison old")
    assert (found.code, "it has no 'criteria'" in found.err, "makes it anew" in found.err) == (1, True, True)
