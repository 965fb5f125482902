"""Events on the command line: what is shown, told, and written."""

import json

import pytest

DOSING = """units time = h, concentration = mM
species Drug = 1 mM
parameter k = 0.3 /h
Drug -> Met @ k
dose: every 8 h { Drug += 1 mM }
at t = 20 h { k = 0 /h }
when [Met] > 50 mM { k = 0 /h }
option t_end = 24 h, points = 4
"""


@pytest.fixture
def dosing(folder):
    (folder / "dosing.mech").write_text(DOSING)
    return folder


def test_a_run_tells_which_events_happened_when(dosing, mscnet):
    outcome = mscnet("run dosing.mech")
    assert outcome.err.splitlines() == [
        "event `dose` happened at t = 8 h",
        "event `dose` happened at t = 16 h",
        "event `at t = 20 h` happened at t = 20 h",
        "event `dose` happened at t = 24 h",
        "event `when [Met] > 50 mM` did not happen",
    ]


def test_many_happenings_are_summed_up(dosing, mscnet):
    outcome = mscnet("run dosing.mech --t-end 100")
    assert "event `dose` happened 12 times, from t = 8 to 96 h" in outcome.err


def test_json_has_the_events(dosing, mscnet):
    found = json.loads(mscnet("run dosing.mech --json --units time=min").out)["events"]
    assert [event["time"] for event in found] == [480.0, 960.0, 1200.0, 1440.0]
    assert found[0]["after"]["Drug"] - found[0]["before"]["Drug"] == pytest.approx(1.0)
    assert found[2]["parameters"] == {"k": {"before": pytest.approx(0.3 / 60), "after": 0.0}}


def test_netcdf_has_the_events(dosing, mscnet):
    xarray = pytest.importorskip("xarray")
    assert mscnet("run dosing.mech --out run.nc").code == 0
    with xarray.open_dataset(dosing / "run.nc", engine="scipy") as data:
        assert data["event_time"].values.tolist() == [8.0, 16.0, 20.0, 24.0]
        assert data["event_name"].values.tolist() == ["dose", "dose", "at t = 20 h", "dose"]
        jump = data["event_after_Drug"] - data["event_before_Drug"]
        assert jump.values == pytest.approx([1.0, 1.0, 0.0, 1.0])


def test_events_are_shown(dosing, mscnet):
    shown = mscnet("show dosing.mech events").out
    assert "every 8 h" in shown
    assert "Drug += 1 mM" in shown
    assert "3: dose, at t = 20 h" in mscnet("show dosing.mech").out
    assert "k = 0 /h" in mscnet("show dosing.mech reactions").out
    found = json.loads(mscnet("show dosing.mech events --json").out)
    assert [event["kind"] for event in found] == ["every", "at", "when"]


def test_a_figure_has_upright_jumps(dosing, mscnet):
    assert mscnet("run dosing.mech --plot run.png").code == 0
    assert (dosing / "run.png").stat().st_size > 0


def test_a_scan_runs_them(dosing, mscnet):
    outcome = mscnet("scan dosing.mech --over k=0.1..0.5:3 --json")
    assert outcome.code == 0
    found = json.loads(outcome.out)
    assert (found["runs"], found["failed"]) == (3, {})


BENCH = """
solution S { Drug = 1 mM }
experiment e(v) for v in 1, 2 mL { mix v S ; measure a = [Drug] every 1 h for 9 h }
"""


def test_a_run_of_experiments_tells_what_happened(dosing, mscnet):
    (dosing / "dosing.mech").write_text(DOSING + BENCH)
    outcome = mscnet("run dosing.mech --experiment e")
    assert outcome.code == 0
    assert "e(v = 2 mL): event `dose` happened at t = 8 h\n" in outcome.err
    assert "event `at t = 20 h` did not happen" in outcome.err
    found = json.loads(mscnet("run dosing.mech --experiment e --json --units time=min,concentration=uM").out)
    (event,) = found["conditions"][1]["events"]
    assert (event["event"], event["vessel"], event["time"]) == ("dose", "pot", 480.0)
    assert event["after"]["Drug"] - event["before"]["Drug"] == pytest.approx(1000.0)


def test_of_many_events_their_number_is_told(dosing, mscnet):
    text = DOSING.replace("every 8 h", "every 2 h") + BENCH
    (dosing / "dosing.mech").write_text(text)
    assert "event `dose` happened 8 times under 2 of 2 conditions" in mscnet("run dosing.mech --experiment e").err


def test_what_an_event_cannot_do_ends_a_condition(dosing, mscnet):
    (dosing / "dosing.mech").write_text(DOSING + BENCH + "at 5 h { Drug -= 5 mM }\n")
    outcome = mscnet("run dosing.mech --experiment e")
    assert outcome.code == 3
    assert "e(v = 1 mL): at t = 5 h in `pot`, `Drug -= 5 mM` of `at 5 h`" in outcome.err


def test_facts_are_tested_with_events(dosing, mscnet):
    (dosing / "dosing.mech").write_text(
        DOSING + BENCH + "expect e { final(a) > 0.8 mM ; time_of_min(a) = 8 h ± 1 h }\n"
    )
    assert mscnet("test dosing.mech").code == 0


@pytest.mark.parametrize("line", ["run dosing.mech --steady", "fit dosing.mech", "propose dosing.mech"])
def test_what_is_not_there_is_64(dosing, mscnet, line):
    fact = "expect e { final([Drug]*gain) < 1 mM }\nparameter free = 1 in 0.1 .. 10\ngain = free*k/k\n"
    text = DOSING.replace("every 8 h", "every 8 h times 3") + BENCH + fact
    (dosing / "dosing.mech").write_text(text)
    outcome = mscnet(line)
    assert (outcome.code, "mscnet does not have this yet" in outcome.err) == (64, True)


def test_what_an_event_cannot_do_is_3(dosing, mscnet):
    (dosing / "dosing.mech").write_text(DOSING + "at 10 h { Drug -= 5 mM }\n")
    outcome = mscnet("run dosing.mech")
    assert outcome.code == 3
    assert "`Drug -= 5 mM` of `at 10 h` (line 9 of dosing.mech) would make [Drug] negative" in outcome.err


def test_a_table_that_ends_is_noted(folder, mscnet):
    (folder / "feed.csv").write_text("time (h),flow (mM/h)\n0,1\n2,1\n")
    (folder / "fed.mech").write_text('units time = h, concentration = mM\n0 -> A @ table "feed.csv"\n')
    outcome = mscnet("run fed.mech --t-end 4h --points 3")
    assert outcome.code == 0
    assert 'note: `table("feed.csv")` ends at t = 2 h' in outcome.err
