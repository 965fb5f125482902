"""``mscnet diff``: files and pathways, what is printed, exit codes."""

import json

import pytest

from tests.cli.conftest import DECAY


@pytest.fixture
def other(folder):
    (folder / "other.mech").write_text(DECAY.replace("0.1 /min", "12 /h").replace("A ", "X ").replace("[A]", "[X]"))


def test_alike_is_0(mscnet):
    outcome = mscnet("diff decay.mech decay.mech")
    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, "alike: nothing differs but names, order and layout")


def test_what_differs_is_1_and_told(mscnet, other):
    outcome = mscnet("diff decay.mech other.mech")
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "decay → other",
        "",
        "reactions",
        "  ~ r1: another rate",
        "      - A -> B @ 0.1 /min",
        "      + X -> B @ 12 /h",
        "",
        "other names (species): A → X",
        "1 difference",
    ]


def test_options_of_another_program_are_said_as_ours(mscnet, folder):
    model = "begin parameters\n k 1\nend parameters\nbegin seed species\n A() 1\nend seed species\n"
    model += "begin reaction rules\n A() -> 0 k\nend reaction rules\n"
    actions = 'generate_network({max_iter=>7,max_stoich=>{A=>2}})\nsimulate({method=>"ode",t_end=>5,n_steps=>4})\n'
    (folder / "plain.bngl").write_text(model)
    (folder / "acted.bngl").write_text(model + actions)
    told = mscnet("diff plain.bngl acted.bngl").out.splitlines()
    assert {"  + max_iter = 7", '  + max_stoich = "A:2"', "  + t_end = 5", "  + points = 5"} <= set(told)


def test_quiet_says_nothing(mscnet, other):
    assert mscnet("diff --quiet decay.mech other.mech") == mscnet("diff --quiet decay.mech other.mech")
    outcome = mscnet("diff --quiet decay.mech other.mech")
    assert (outcome.code, outcome.out, outcome.err) == (1, "", "")


def test_json(mscnet, other):
    told = json.loads(mscnet("diff decay.mech other.mech --json").out)
    assert (told["alike"], told["renamed"]) == (False, [{"kind": "species", "before": "A", "after": "X"}])
    assert told["changes"][0]["place_before"] == {"file": "decay.mech", "line": 5, "column": 1}


@pytest.mark.parametrize("line", ["paths.mech --pathway fast --with-pathway slow", "paths.mech:fast paths.mech:slow"])
def test_pathways_of_one_file(mscnet, line):
    outcome = mscnet("diff " + line)
    assert (outcome.code, "paths:fast → paths:slow" in outcome.out) == (1, True)


def test_one_file_alone_is_wrong_usage(mscnet):
    assert mscnet("diff decay.mech").code == 2


def test_a_file_with_errors_is_1(mscnet, folder):
    (folder / "bad.mech").write_text("A ->")
    outcome = mscnet("diff decay.mech bad.mech")
    assert (outcome.code, "bad.mech:1" in outcome.err) == (1, True)


def test_colour_on_a_terminal(mscnet, other, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[33m  ~ r1" in mscnet("diff decay.mech other.mech").out
