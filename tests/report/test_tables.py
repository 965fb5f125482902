"""Tables of a run: columns, units, and the files that they are written to."""

import io
import json

import numpy as np
import pytest

import mscnet
from mscnet.report.tables import tabulate
from mscnet.report.writers import as_dataset, as_frame, as_json, write_csv, write_table

TEXT = """units time = min, concentration = mM, volume = mL
species A "starting material" = 1 mM
species B "product"
parameter k = 0.1 /min
A -> B @ k
conversion = [B]/([A] + [B])
observable rate_out "rate" = k*[A]
observable product_rate = [B]/time
"""


@pytest.fixture(scope="module")
def run():
    return mscnet.simulate(mscnet.loads(TEXT), 10, points=11)


def column(table, name):
    return next(c for c in table.columns if c.name == name)


def test_species_are_the_default(run):
    assert [c.name for c in tabulate(run).columns] == ["A", "B"]


def test_derived_values_may_be_asked_for(run):
    assert column(tabulate(run, ["conversion"]), "conversion").values[0] == 0.0


def test_columns_carry_label_and_unit(run):
    a = column(tabulate(run), "A")
    assert (a.label, a.unit) == ("starting material", "mM")


def test_without_other_units_the_numbers_are_the_run_s_own(run):
    assert column(tabulate(run), "A").values.tolist() == run["A"].tolist()


@pytest.mark.parametrize(
    ("units", "name", "unit", "factor"),
    [
        ({"time": "h"}, "time", "h", 1 / 60),
        ({"concentration": "uM"}, "A", "uM", 1000.0),
        ({"concentration": "mmol/L"}, "A", "mmol/L", 1.0),
        ({"time": "s", "concentration": "uM"}, "rate_out", "uM/s", 1000.0 / 60),
    ],
)
def test_other_units_multiply(run, units, name, unit, factor):
    table, plain = (tabulate(run, "all", u) for u in (units, None))
    pick = (lambda t: t.time) if name == "time" else (lambda t: column(t, name))
    assert pick(table).unit == unit
    np.testing.assert_allclose(pick(table).values, factor * pick(plain).values, rtol=1e-14)


def test_a_unit_turned_there_and_back_changes_nothing(run):
    assert column(tabulate(run, None, {"concentration": "mM"}), "A").values.tolist() == run["A"].tolist()


def test_amounts_are_in_concentration_times_volume(run):
    a = column(tabulate(run, amounts=["A"]), "A")
    assert (a.unit, a.values[0]) == ("umol", run["A"][0])


def test_amounts_have_a_unit_of_their_own(run):
    a = column(tabulate(run, units={"amount": "nmol"}, amounts=["A"]), "A")
    assert (a.unit, a.values[0]) == ("nmol", pytest.approx(1000.0))  # 1 mM in 1 mL


@pytest.mark.parametrize(
    "asked", [{"columns": ["a"]}, {"amounts": ["C"]}, {"units": {"time": "M"}}, {"units": {"x": "s"}}]
)
def test_what_is_not_there_is_refused(run, asked):
    with pytest.raises(mscnet.MechanismError):
        tabulate(run, **asked)


def test_a_large_table_is_written_in_pieces_without_a_seam(run, monkeypatch):
    whole, pieces = io.StringIO(), io.StringIO()
    write_csv(tabulate(run), whole)
    monkeypatch.setattr("mscnet.report.writers._CELLS_AT_ONCE", 7)
    write_csv(tabulate(run), pieces)
    assert pieces.getvalue() == whole.getvalue()


def test_json_has_null_for_what_is_not_finite(run):
    with np.errstate(all="ignore"):
        table = tabulate(run, ["product_rate"])
    assert json.loads(json.dumps(as_json(table), allow_nan=False))["columns"][0]["values"][0] is None


def test_frame_and_dataset_agree_with_the_run(run):
    table = tabulate(run, "all")
    np.testing.assert_array_equal(as_frame(table)["A"], run["A"])
    np.testing.assert_array_equal(as_dataset(table)["A"], run["A"])


def test_an_unknown_format_is_a_key_error(run, tmp_path):
    with pytest.raises(KeyError):
        write_table(tabulate(run), tmp_path / "a.xls")
