"""Scans as files: what is read back is what was run."""

from __future__ import annotations

import numpy as np
import pytest
import xarray
from scipy.io import netcdf_file

import mscnet
from mscnet.report.netcdf import NetCDF, Variable
from mscnet.report.scan_files import write_scan
from mscnet.simulation.ensemble import Scan, run_scan
from mscnet.simulation.scan_plan import make_plan

MECH = mscnet.loads(
    'units time = min, concentration = mM\nparameter k = 0.1 /min in 0.01 .. 1\nspecies A "α-form" = 1 mM\nA -> B @ k\n'
)


def scan_of(over: dict[str, str], sample: int | None = None) -> Scan:
    settings = {"t_end": 10, "points": 4}
    return run_scan(make_plan(MECH, over, sample, "latin", 0, settings))


@pytest.fixture(params=[None, 7], ids=["grid", "samples"])
def scan(request):
    over = {"k": "0.1..1:3", "A": "1,2"} if request.param is None else {"k": "0.1..1", "A": "1..2"}
    return scan_of(over, request.param)


def test_netcdf_reads_back_as_the_dataset(scan, tmp_path):
    write_scan(scan, tmp_path / "x.nc")
    with xarray.open_dataset(tmp_path / "x.nc", engine="scipy") as found:
        xarray.testing.assert_equal(found.load(), scan.to_xarray())
        assert (found.A.attrs["units"], found.A.attrs["long_name"]) == ("mM", "α-form")


def test_csv_reads_back_in_long_form(scan, tmp_path):
    write_scan(scan, tmp_path / "x.csv")
    header, *body = (line.split(",") for line in (tmp_path / "x.csv").read_text().splitlines())
    expected = scan.to_xarray().drop_vars("status").to_dataframe().reset_index()
    assert header == ["k", "A_initial", "time", "A", "B"]
    np.testing.assert_array_equal([[float(cell) for cell in line] for line in body], expected[header].to_numpy())


@pytest.mark.parametrize("sample", [None, 5])
def test_repeats_read_back(sample, tmp_path):
    over = {"k": "0.1..1:3" if sample is None else "0.1..1"}
    settings = {"t_end": 10, "points": 4, "method": "ssa", "volume": "1e-5 fL"}
    scan = run_scan(make_plan(MECH, over, sample, "latin", 0, settings, 4))
    write_scan(scan, tmp_path / "x.nc")
    write_scan(scan, tmp_path / "x.csv")
    with xarray.open_dataset(tmp_path / "x.nc", engine="scipy") as found:
        xarray.testing.assert_equal(found.load(), scan.to_xarray())
    header, *body = (line.split(",") for line in (tmp_path / "x.csv").read_text().splitlines())
    expected = scan.to_xarray().drop_vars("status").to_dataframe().reset_index()
    assert header == ["k", "repeat", "time", "A", "B"]
    np.testing.assert_array_equal([[float(cell) for cell in line] for line in body], expected[header].to_numpy())


def test_a_file_that_cannot_be_written_leaves_nothing(scan, tmp_path, monkeypatch):
    monkeypatch.setattr("mscnet.report.scan_files._fill", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_scan(scan, tmp_path / "x.nc")
    assert list(tmp_path.iterdir()) == []


def test_every_kind_of_netcdf_is_read_by_scipy(tmp_path):
    sizes, attributes = {"x": 3, "y": 2}, {"word": "µ", "none": "", "whole": 3, "large": 2**40, "list": [1.5, 2.5]}
    variables = [
        Variable("a", ("x", "y"), "f8", {"units": "s"}),
        Variable("b", ("x",), "i1", {}),
        Variable("c", (), "f8", {}),
    ]
    with open(tmp_path / "x.nc", "w+b") as stream:
        file = NetCDF(stream, sizes, variables, attributes)
        file.put("a", 2, np.arange(4.0))
        file.put("a", 0, np.array([8.0, 9.0]))
        file.put("b", 0, np.array([-1, 0, 7]))
        file.put("c", 0, np.array([0.5]))
    with netcdf_file(tmp_path / "x.nc", mmap=False) as found:
        assert found.variables["a"][:].tolist() == [[8, 9], [0, 1], [2, 3]]
        assert found.variables["b"][:].tolist() == [-1, 0, 7]
        assert found.variables["c"].getValue() == 0.5
        assert (found.word, found.whole, found.large) == ("µ".encode(), 3, 2.0**40)
        assert found.list.tolist() == [1.5, 2.5]


def test_a_variable_beyond_the_format_is_refused(tmp_path):
    with open(tmp_path / "x.nc", "w+b") as stream, pytest.raises(ValueError, match="at most"):
        NetCDF(stream, {"x": 2**30}, [Variable("a", ("x",), "f8", {})], {})
