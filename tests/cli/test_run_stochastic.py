"""``mscnet run --method ssa``."""

from __future__ import annotations

import csv
import io
import json

import pytest

CHAIN = "unit copies\nspecies A = 20\nA -> B @ 0.1\nobservable both = [A] + [B]\n"


@pytest.fixture
def chain(folder):
    (folder / "chain.mech").write_text(CHAIN, encoding="utf-8")
    return "run chain.mech --t-end 4 --points 3 --method ssa"


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def test_one_run_is_a_table_as_ever(mscnet, chain):
    outcome = mscnet(f"{chain} --seed 1")
    assert outcome.code == 0
    table = rows(outcome.out)
    assert table[0] == ["time", "A", "B"]
    assert [float(row[1]) + float(row[2]) for row in table[1:]] == [20.0, 20.0, 20.0]


def test_repeats_are_in_long_form(mscnet, chain):
    table = rows(mscnet(f"{chain} --seed 1 --repeats 3 --columns both,B").out)
    assert table[0] == ["repeat", "time", "both", "B"]
    assert [row[:3] for row in table[1:]] == [[r, t, "20.0"] for r in "123" for t in ("0.0", "2.0", "4.0")]


def test_a_seed_gives_the_same_runs_whatever_the_jobs(mscnet, chain):
    assert mscnet(f"{chain} --seed 7 --repeats 9 --jobs 1").out == mscnet(f"{chain} --seed 7 --repeats 9 --jobs 3").out


def test_a_seed_that_was_drawn_is_named(mscnet, chain):
    outcome = mscnet(chain)
    seed = outcome.err.split("--seed ")[1].split(" ")[0]
    assert mscnet(f"{chain} --seed {seed}").out == outcome.out


def test_json_has_the_seed(mscnet, chain):
    result = json.loads(mscnet(f"{chain} --seed 5 --repeats 2 --json").out)
    assert result["provenance"]["seed"] == 5
    assert result["repeat"] == [1, 1, 1, 2, 2, 2]
    assert result["statistics"]["repeats"] == 2


def test_netcdf_has_runs_and_times(mscnet, chain, folder):
    import xarray

    assert mscnet(f"{chain} --seed 5 --repeats 4 --out runs.nc").code == 0
    with xarray.open_dataset(folder / "runs.nc", engine="scipy") as data:
        assert data["A"].dims == ("repeat", "time")
        assert data["repeat"].values.tolist() == [1, 2, 3, 4]


def test_a_figure_shows_runs_and_means(mscnet, chain, folder):
    outcome = mscnet(f"{chain} --seed 5 --repeats 4 --plot runs.svg")
    assert outcome.code == 0
    assert "runs.svg (figure, 2 curves)" in outcome.err
    assert (folder / "runs.svg").stat().st_size > 0


def test_a_volume_makes_molecules_of_concentrations(mscnet):
    line = "run decay.mech --method ssa --seed 1 --volume 1fL --amounts A --units amount=molecules --columns A"
    table = rows(mscnet(line).out)
    counts = [float(row[1]) for row in table[1:]]
    assert counts[0] == pytest.approx(602214)  # of 602,214.076
    assert all(abs(n - round(n)) < 1e-6 for n in counts)


def test_without_a_volume_it_is_1_with_the_remedy(mscnet):
    outcome = mscnet("run decay.mech --method ssa")
    assert outcome.code == 1
    assert "--volume 1fL" in outcome.err


def test_the_file_may_say_it_all(mscnet, folder):
    text = CHAIN + "option method = ssa, t_end = 1, points = 2\n"
    (folder / "all.mech").write_text(text, encoding="utf-8")
    assert rows(mscnet("run all.mech --seed 1 --repeats 2").out)[0][0] == "repeat"


def test_rounded_starts_are_told_on_stderr(mscnet):
    outcome = mscnet("run decay.mech --method ssa --seed 1 --volume 1fL --init A=1nM")
    assert "rounded to whole molecules: `A` 0.6022 to 1" in outcome.err


@pytest.mark.parametrize("option", ["--seed 1", "--repeats 2", "--jobs 2", "--volume 1fL"])
def test_options_of_stochastic_runs_need_the_method(mscnet, option):
    outcome = mscnet(f"run decay.mech {option}")
    assert outcome.code == 2
    assert "--method ssa" in outcome.err


@pytest.mark.parametrize("option", ["--rtol 1e-3", "--atol 1e-9", "--seed -1", "--repeats 0", "--seed 1.5"])
def test_options_that_mean_nothing_are_2(mscnet, chain, option):
    assert mscnet(f"{chain} {option}").code == 2


def test_a_volume_of_another_dimension_is_1(mscnet):
    assert "not time" in mscnet("run decay.mech --method ssa --volume 3s").err


def test_too_many_events_are_3_and_keep_what_was_reached(mscnet, chain):
    outcome = mscnet(f"{chain} --seed 1 --max-steps 2")
    assert outcome.code == 3
    assert len(rows(outcome.out)) >= 2
    assert "after 2 events" in outcome.err
