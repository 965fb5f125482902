"""``mscnet run --steady``: the table, the object, and exit code 3 where there is no steady state."""

import json

import pytest

EQUILIBRIUM = "species A = 1\nA <-> B @ 3, 1\n"


def test_a_table_of_one_row_and_a_line_that_says_what_it_is(mscnet):
    outcome = mscnet("run - --steady", stdin=EQUILIBRIUM)
    assert (outcome.code, outcome.out) == (0, "time,A,B\ninf,0.25,0.75\n")
    assert outcome.err.startswith("steady state: stable, reached from the initial values")


def test_columns_units_and_files_work_as_for_a_run(mscnet, folder):
    mscnet("run - --steady --columns B --units concentration=mM --out state.csv", stdin=EQUILIBRIUM)
    assert (folder / "state.csv").read_text() == "time,B\ninf,750.0\n"


def test_as_json(mscnet):
    told = json.loads(mscnet("run - --steady --json", stdin=EQUILIBRIUM).out)
    assert [column["values"] for column in told["columns"]] == [[0.25], [0.75]]
    assert told["statistics"]["stable"] is True


def test_none_is_3_with_the_reason(mscnet):
    outcome = mscnet("run - --steady --json", stdin="species A = 1\nA -> 2 A @ 1\n")
    assert (outcome.code, json.loads(outcome.out)["status"]) == (3, "grows")
    assert "still grows" in outcome.err


@pytest.mark.parametrize(
    "option", ["--t-end 5", "--points 5", "--every 1", "--start 1", "--plot a.png", "--method bdf"]
)
def test_options_of_a_run_in_time_are_2(mscnet, option):
    assert mscnet(f"run - --steady {option}", stdin=EQUILIBRIUM).code == 2
