"""What a run gives back: courses, units, views, provenance."""

from __future__ import annotations

import pickle
from hashlib import sha256

import numpy as np
import pytest

import mscnet

TEXT = """units time = min, concentration = mM
parameter k = 0.1
parameter c = 2 mM
species A "the reactant" = 1
species B
half = k/2
total = [A] + [B]
observable Share "share of B" = [B]/total
observable Root = sqrt([A]*c)
A -> B @ k
"""


@pytest.fixture(scope="module")
def run() -> mscnet.Trajectory:
    return mscnet.simulate(mscnet.loads(TEXT, name="decay"), 20, points=11)


def test_shapes(run: mscnet.Trajectory) -> None:
    assert (run.time.shape, run.values.shape) == ((11,), (11, 2))


def test_names_are_species_then_observables(run: mscnet.Trajectory) -> None:
    assert run.names == ("A", "B", "Share", "Root")


def test_observable_over_the_course(run: mscnet.Trajectory) -> None:
    np.testing.assert_allclose(run["Share"], 1 - np.exp(-0.1 * run.time), atol=1e-6)


def test_observable_with_a_function(run: mscnet.Trajectory) -> None:
    np.testing.assert_allclose(run["Root"], np.sqrt(2 * run["A"]))


def test_derived_value_that_varies(run: mscnet.Trajectory) -> None:
    np.testing.assert_allclose(run["total"], 1)


def test_derived_value_that_does_not(run: mscnet.Trajectory) -> None:
    np.testing.assert_array_equal(run["half"], np.full(11, 0.05))


def test_unknown_name_suggests(run: mscnet.Trajectory) -> None:
    with pytest.raises(KeyError, match="did you mean `Share`"):
        run["Shar"]


@pytest.mark.parametrize(("name", "unit"), [("time", "min"), ("A", "mM"), ("Share", ""), ("Root", "mM")])
def test_units(run: mscnet.Trajectory, name: str, unit: str) -> None:
    assert run.unit_of(name) == unit


@pytest.mark.parametrize(("name", "label"), [("A", "the reactant"), ("B", "B"), ("Share", "share of B")])
def test_labels(run: mscnet.Trajectory, name: str, label: str) -> None:
    assert run.label_of(name) == label


def test_pandas_has_time_as_index_and_units(run: mscnet.Trajectory) -> None:
    frame = run.to_pandas()
    assert (frame.index.name, list(frame.columns)) == ("time", ["A", "B", "Share", "Root"])
    assert frame.attrs["units"]["A"] == "mM"


def test_changing_the_frame_leaves_the_run_alone(run: mscnet.Trajectory) -> None:
    frame = run.to_pandas()
    frame.loc[0.0, "A"] = 99.0
    assert run["A"][0] == 1


def test_xarray_has_units_and_labels(run: mscnet.Trajectory) -> None:
    data = run.to_xarray()
    assert data["A"].attrs == {"units": "mM", "long_name": "the reactant"}
    assert data["time"].attrs["units"] == "min"


def test_xarray_carries_the_provenance(run: mscnet.Trajectory) -> None:
    assert run.to_xarray().attrs["sha256"] == sha256(TEXT.encode()).hexdigest()


def test_provenance(run: mscnet.Trajectory) -> None:
    assert run.provenance["source"] == "decay"
    assert run.provenance["mscnet"] == mscnet.__version__
    assert run.provenance["rtol"] == 1e-6


def test_statistics_count_the_work(run: mscnet.Trajectory) -> None:
    assert run.statistics["integrator"] in ("compiled tsit5", "lsoda")
    assert 0 < run.statistics["steps"] < run.statistics["rhs_evaluations"]


def test_pickle(run: mscnet.Trajectory) -> None:
    again = pickle.loads(pickle.dumps(run))
    np.testing.assert_array_equal(again["Share"], run["Share"])


def test_notebook_table_escapes_labels() -> None:
    run = mscnet.simulate(mscnet.loads('species A "<b>A</b>" = 1; A -> B @ 1'), 1, points=2)
    assert "&lt;b&gt;A&lt;/b&gt;" in run._repr_html_()


def test_pathway_is_recorded_and_chosen() -> None:
    text = "species A = 1; pathway one { A -> B @ 1 }; pathway two { A -> C @ 1 }"
    run = mscnet.simulate(mscnet.loads(text).with_pathway("two"), 1, points=2)
    assert (run.provenance["pathway"], run.species) == ("two", ("A", "C"))


def test_every_kind_of_expression_over_a_course() -> None:
    """Against the same expressions evaluated point by point."""
    text = """parameter c = 1; species A = 1; A -> B @ 0.5
    a = [A]/c; b = [B]/c
    observable Y = if(a < b, exp(a) + ln(1 + b), log10(1 + a)*abs(a - b)) + sign(a - b)
    observable Z = min(a, b, 0.4) + max(a, b)^2.5 + tanh(a)*sin(b)/cos(a) + 1/(2 + a)
    """
    mechanism = mscnet.loads(text)
    run = mscnet.simulate(mechanism, 4, points=9)
    for i in range(9):
        fixed = mscnet.loads(text.replace("[A]", repr(float(run["A"][i]))).replace("[B]", repr(float(run["B"][i]))))
        for name in ("Y", "Z"):
            assert run[name][i] == pytest.approx(fixed.value_of(name), rel=1e-12)
