"""Events, tables and equilibria of a file that is imported into one of other units: they do the same there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mscnet

Write = Callable[..., Path]

HEAD = "units time = min, concentration = mM, volume = mL\n"
#: Numbers with units and without, in every place that an event has.
EVENTS = """
option volume = 10 mL
species A = 1 mM, B
parameter k = 0.1, feed = 0.02, low = 0.3, lag = 0.5
A <-> B @ k, 0.05
0 -> A @ feed
at 3, 200 s { A += 0.5 ; feed = 0.05 }
dose: every 4 from 1 to 17 times 4 { B += 20 umol ; B *= 1.1 }
when [A] < low and time > 2 for lag once { A += 0.2 ; k /= 2 }
when 2*[B] > 1.5 or not [A] < 2 { B = [B]/2 ; feed = 0.01*k*[A] }
"""
TABLES = """
species A = 1 mM, B
A -> B @ 0.1
0 -> A @ table("feed.csv", "flow")
0 -> B @ 0.01*table("feed.csv", "bare", smooth) + 1e-3*k*table("feed.csv", "bare")
parameter k = 2
observable rate = table("feed.csv", "flow", step)
"""
EQUILIBRIA = """
temperature = ramp(0, 10, 300 K, 330 K)
species A = 1 mM, B, C, D gibbs = gD = 1 mM, F enthalpy = -50 kJ/mol, entropy = 130 J/mol/K, G gibbs = 2*gD
parameter gD = -3 kJ/mol, K2 = 4
A <-> B @ 0.1, K = 2
A + B <-> C @ 0.05, K = K2
B <-> C @ K = 0.5, 0.2
2 A <-> B + C + D @ 0.1, K = 0.01
D <-> F @ 0.2
F + D <-> 2 G @ 0.2
D + G <-> F @ 0.01
"""
FAST = """
species HA = 10, A^-, H^+, OH^-, P, Q
acid: fast HA <-> H^+ + A^-  @ K = 0.018
water: fast 0 <-> H^+ + OH^-  @ K = 1e-8
twin: fast 2 P <-> Q  @ K = 1/2
HA -> P @ 0.1
"""
ELSEWHERE = (
    HEAD,
    "units time = h, concentration = uM, volume = L\n",
    "units time = s, concentration = M, length = mm, mass = kg\n",
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files of a folder, by name, and gives the path of the last."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "feed.csv").write_text("time (min),flow (mM/min),bare\n0,0,0\n5,0.1,3\n9,0.02,-2\n")

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".mech")
            path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("text", [EVENTS, TABLES, EQUILIBRIA, FAST], ids=["events", "tables", "equilibria", "fast"])
@pytest.mark.parametrize("units", ELSEWHERE)
def test_an_import_does_the_same_in_other_units(units: str, text: str, write: Write) -> None:
    main = write(parts__base=HEAD + text, main=units + 'import "parts/base.mech"')
    one, other = mscnet.load(main.parent / "parts" / "base.mech"), mscnet.load(main)
    first, second = (mscnet.simulate(m, "20 min", points=41, rtol=1e-9) for m in (one, other))
    factor = float(one.units.concentration.factor / other.units.concentration.factor)
    for species in first.species:
        assert second[species] == pytest.approx(factor * first[species], rel=1e-6, abs=1e-9 * factor)
    minute = float(one.units.time.factor / other.units.time.factor)
    happened = [[(f.event, f.time * by) for f in run.events] for run, by in ((first, minute), (second, 1.0))]
    assert [name for name, _ in happened[0]] == [name for name, _ in happened[1]]
    assert [t for _, t in happened[1]] == pytest.approx([t for _, t in happened[0]], rel=1e-6)


@pytest.mark.parametrize("text", [EVENTS, TABLES, EQUILIBRIA, FAST], ids=["events", "tables", "equilibria", "fast"])
@pytest.mark.parametrize("units", ELSEWHERE)
def test_diff_finds_nothing_but_the_option_that_stays_behind(units: str, text: str, write: Write) -> None:
    main = write(parts__base=HEAD + text, main=units + 'import "parts/base.mech"')
    found = mscnet.diff(mscnet.load(main.parent / "parts" / "base.mech"), mscnet.load(main))
    assert {change.category for change in found.changes} <= {"options"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A += 0.5", "A += 0.6"), ("200 s", "210 s"), ("every 4", "every 5"), ("times 4", "times 5"),
        ("< low and", "<= low and"), ("and time", "or time"), ("for lag", "for 2*lag"), ("once", ""),
        ("20 umol", "21 umol"), ("B *= 1.1", "B /= 1.1"), ("k /= 2", "k /= 3"), ("10 mL", "11 mL"),
        ("not [A] < 2", "not [A] < 2.5"),
    ],
)  # fmt: skip
def test_diff_tells_events_apart_in_other_units(before: str, after: str, write: Write) -> None:
    main = write(parts__base=HEAD + EVENTS, main=ELSEWHERE[1] + 'import "parts/base.mech"')
    other = mscnet.loads(HEAD + EVENTS.replace(before, after))
    assert any(change.category == "other" for change in mscnet.diff(mscnet.load(main), other).changes)


def test_the_volume_that_amounts_go_into_is_that_of_the_main_file_where_it_has_one(write: Write) -> None:
    base = HEAD + "option volume = 10 mL\nspecies A\nA -> B @ 0\nat 1 min { A += 20 umol }"
    reached = {}
    for option in ("", "option volume = 20 mL\n"):
        main = write(parts__base=base, main=HEAD + option + 'import "parts/base.mech" as x')
        reached[option] = mscnet.simulate(mscnet.load(main), "2 min", points=2)["x.A"][-1]
    assert list(reached.values()) == pytest.approx([2.0, 1.0])


def test_a_table_holds_what_its_file_says_in_other_units(write: Write) -> None:
    main = write(parts__base=HEAD + TABLES, main=ELSEWHERE[1] + 'import "parts/base.mech"')
    run = mscnet.simulate(mscnet.load(main), times=["0 min", "2.5 min", "5 min", "7 min", "12 min"])
    assert run["rate"] == pytest.approx(60e3 * np.array([0.0, 0.0, 0.1, 0.1, 0.02]))


def test_an_amount_without_a_volume_is_refused_where_there_is_no_vessel() -> None:
    text = "units time = min\nspecies A\nA -> B @ 0.1\nat 1 min { A += 2 mol }\n"
    with pytest.raises(mscnet.MechanismError, match="the volume that it goes into is not known"):
        mscnet.loads(text)
    bench = text + "solution S { A = 1 M }\nexperiment e { mix 1 L S ; hold 2 min }\n"
    with pytest.raises(mscnet.MechanismError, match="the volume is not known"):
        mscnet.simulate(mscnet.loads(bench), "2 min", points=2)
