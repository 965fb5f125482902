"""``mscnet test``: what it judges, how it says so, and the files that it writes."""

import json
import math
from xml.etree import ElementTree

import pytest

K1, K2 = 0.3, 0.05
PEAK = math.log(K1 / K2) / (K1 - K2)
HEIGHT = (K1 / K2) ** (-K2 / (K1 - K2))

CHAIN = """units time = min, concentration = mM, volume = mL
species A
species B
species C
species D
parameter eB = 2 /mM/cm
step1: A -> B @ 0.3 /min
step2: B -> C @ k2
parameter k2 = 0.05 /min
step3: A -> D @ 0 /min
band B { gaussian center = 371 nm, fwhm = 20 nm, epsilon = eB }
instrument { noise = 0.004 }
solution stock { A = 1 mM }
liquid water { density = 1 g/mL ; molar_mass = 18 g/mol }
species water
experiment chain(v) for v in 1, 2 mL {
    mix v stock
    add (4 mL - v) water
    measure od = absorbance(371 nm) every 5 min for 60 min
}
"""

FACTS = """expect chain {
    max(od) = 0.35, 0.70 ± 0.01 from "Fig. 1"
    time_of_max(od) = 7 min ± 1 min from "Fig. 1"
    never [D] > 1 uM as "no D"
    max(od) increases with v
}
expect { final(chain(1 mL).od) < final(chain(2 mL).od) }
"""


@pytest.fixture
def chain(folder):
    """`chain.mech`, whose facts are all met, and `wrong.mech`, of which some fail."""
    (folder / "chain.mech").write_text(CHAIN + FACTS, encoding="utf-8")
    wrong = FACTS.replace("7 min ± 1 min", "30 min ± 1 min")
    (folder / "wrong.mech").write_text(CHAIN + wrong, encoding="utf-8")
    return folder


def objects(mscnet, line):
    return json.loads(mscnet(line).out)


# --- verdicts ------------------------------------------------------------------------------------


def test_facts_that_are_met_are_0(mscnet, chain):
    outcome = mscnet("test chain.mech")
    assert (outcome.code, "6 passed, 2 trivial in" in outcome.out) == (0, True)


def test_a_fact_that_fails_is_1(mscnet, chain):
    outcome = mscnet("test wrong.mech")
    assert (outcome.code, "4 passed, 2 failed, 2 trivial in" in outcome.out) == (1, True)


def test_the_values_are_those_of_analysis(mscnet, chain):
    found = objects(mscnet, "test chain.mech --json -k Fig.")
    values = [o["value"] for o in found]
    assert values == pytest.approx([HEIGHT / 2, HEIGHT, PEAK, PEAK], rel=1e-3)


def test_an_object_has_the_keys_of_the_interface(mscnet, chain):
    (first, *_) = objects(mscnet, "test chain.mech --json")
    assert first.keys() >= {"fact", "source", "experiment", "passed", "trivial", "value", "expected", "margin"}
    assert (first["experiment"], first["source"], first["expected"]) == ("chain(v = 1 mL)", "Fig. 1", 0.35)


def test_what_cannot_form_is_met_trivially(mscnet, chain):
    assert [(o["passed"], o["trivial"]) for o in objects(mscnet, "test chain.mech --json -k never")] == [
        (True, True)
    ] * 2


def test_a_time_is_judged_with_half_the_spacing_of_the_readings(mscnet, chain):
    assert {o["tolerance"] for o in objects(mscnet, "test chain.mech --json -k time_of_max")} == {2.5}


def test_set_changes_a_parameter(mscnet, chain):
    assert mscnet("test chain.mech --set k2=0.2").code == 1


def test_a_pathway_is_chosen(mscnet, folder):
    text = CHAIN.replace("step2: B -> C @ k2\n", "pathway ends { B -> C @ k2 }\npathway stays { B -> C @ 0 /min }\n")
    (folder / "two.mech").write_text(text + "expect chain { final(od) < 0.1 }\n", encoding="utf-8")
    assert [mscnet(f"test two.mech --pathway {p}").code for p in ("ends", "stays")] == [0, 1]


# --- choosing facts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("time_of_max", 2),
        ("TIME_OF_MAX", 2),
        ("max and not time_of_max", 3),
        ("'no D' or increases", 3),
        ("not (max or final)", 2),
        ("'Fig. 1'", 4),
    ],
)
def test_words_choose_facts(mscnet, chain, words, count):
    assert len(json.loads(mscnet(["test", "chain.mech", "--json", "-k", words]).out)) == count


@pytest.mark.parametrize("words", ["and", "max or", "(max", "max)", "not", "", "max max"])
def test_words_that_cannot_be_read_are_2(mscnet, chain, words):
    outcome = mscnet(["test", "chain.mech", "-k", words])
    assert (outcome.code, "cannot be read" in outcome.err) == (2, True)


def test_words_that_no_fact_holds_are_2(mscnet, chain):
    assert mscnet("test chain.mech -k nothing").code == 2


# --- what is said --------------------------------------------------------------------------------


def test_a_row_has_the_margin_in_tolerances(mscnet, chain):
    row = next(line for line in mscnet("test chain.mech").out.splitlines() if "time_of_max" in line)
    assert f"{1 - (PEAK - 7) / 2.5:+.2f}" in row.split()


def test_a_failure_says_where_and_by_how_much(mscnet, chain):
    out = mscnet("test wrong.mech").out
    assert f"wrong.mech:{CHAIN.count(chr(10)) + 3}" in out
    assert f" min, expected 30 ± 2.5 min; {(30 - PEAK) / 2.5:.3g} tolerances off" in out


def test_colour_is_for_terminals_alone(mscnet, chain, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32mpass\x1b[0m" in mscnet("test chain.mech").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in mscnet("test chain.mech").out


def test_a_file_without_facts_is_1(mscnet, folder):
    outcome = mscnet("test decay.mech")
    assert (outcome.code, "states no facts" in outcome.err) == (1, True)


def test_an_experiment_that_cannot_be_run_is_3(mscnet, folder):
    text = CHAIN.replace("step2: B -> C @ k2\n", "step2: 2 B -> 3 B @ 1e6\n")
    (folder / "burst.mech").write_text(text + "expect chain { max(od) = 1 ± 0.1 }\n", encoding="utf-8")
    outcome = mscnet("test burst.mech")
    assert (outcome.code, "2 could not be run" in outcome.out) == (3, True)


# --- files ---------------------------------------------------------------------------------------


def test_junit_counts_what_the_table_counts(mscnet, chain):
    mscnet("test wrong.mech --junit out.xml")
    suite = ElementTree.parse(chain / "out.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("8", "2", "0")
    assert len(suite.findall("testcase/failure")) == 2


def test_junit_says_what_is_trivial(mscnet, chain):
    mscnet("test chain.mech --junit out.xml")
    root = ElementTree.parse(chain / "out.xml").getroot()
    assert len(root.findall(".//property[@name='trivial'][@value='true']")) == 2


def test_junit_holds_no_letter_that_xml_refuses(mscnet, folder):
    text = CHAIN + 'expect chain { max(od) = 0.35, 0.7 ± 0.01 from "a\x07<&>" }\n'
    (folder / "odd.mech").write_text(text, encoding="utf-8")
    mscnet("test odd.mech --junit out.xml")
    root = ElementTree.parse(folder / "out.xml").getroot()
    assert root.find(".//property[@name='source']").get("value") == "a\ufffd<&>"


def test_a_place_that_is_not_there_is_refused_before_the_run(mscnet, chain):
    outcome = mscnet("test chain.mech --junit nowhere/out.xml")
    assert (outcome.code, outcome.out) == (1, "")


def test_a_picture_for_each_fact_that_fails(mscnet, chain):
    mscnet("test wrong.mech --plot pictures")
    names = [path.name for path in sorted((chain / "pictures").iterdir())]
    assert [name[:3] for name in names] == ["003", "004"]
    assert all((chain / "pictures" / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_a_file_in_the_place_of_the_folder_is_refused(mscnet, chain):
    assert mscnet("test chain.mech --plot chain.mech").code == 1
