"""``mscnet doctor``: what is there, what is missing, and what only may be."""

from __future__ import annotations

import json
from importlib import metadata

import pytest

import mscnet as package
from mscnet import assets, kernels
from tests.cli.test_startup import HEAVY, loaded

#: What an invented installation declares and has.
DECLARED = ["numpy>=2.1", "scipy>=1.14.1", 'pyarrow>=18; extra == "parquet"', 'mscnet[parquet]; extra == "all"']
GOOD = {"numpy": "2.1.0", "scipy": "1.15", "pyarrow": "18.1"}


@pytest.fixture
def installed(monkeypatch):
    """Makes this process believe in an installation with the packages given, by name and version."""

    def believe(versions):
        def version(name):
            if name not in versions:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        described = type("Described", (), {"get_all": lambda self, key: ["all", "parquet"]})()
        monkeypatch.setattr(metadata, "requires", lambda name: DECLARED)
        monkeypatch.setattr(metadata, "metadata", lambda name: described)
        monkeypatch.setattr(metadata, "version", version)

    return believe


@pytest.fixture
def without_kernels(monkeypatch):
    monkeypatch.setenv(kernels.SWITCH, "off")
    kernels._found.cache_clear()
    yield
    kernels._found.cache_clear()


def test_the_text_says_where_everything_is(mscnet, installed):
    installed(GOOD)
    out = mscnet("doctor").out
    wanted = [package.__version__, str(assets.place("grammars")), "numpy 2.1.0", "scipy 1.15", "pyarrow 18.1"]
    assert [word for word in wanted if word not in out] == []


def test_a_good_installation_is_0(mscnet, installed):
    installed(GOOD)
    assert mscnet("doctor").code == 0


@pytest.mark.parametrize("versions", [{"numpy": "2.1.0"}, {**GOOD, "scipy": "1.9"}], ids=["missing", "too old"])
def test_a_needed_package_that_will_not_do_is_1_with_the_remedy(mscnet, installed, versions):
    installed(versions)
    outcome = mscnet("doctor")
    assert (outcome.code, "pip install 'scipy>=1.14.1'" in outcome.err) == (1, True)


def test_a_missing_extra_is_no_error_and_says_how_to_get_it(mscnet, installed):
    installed({"numpy": "2.1.0", "scipy": "1.15"})
    outcome = mscnet("doctor")
    assert (outcome.code, "pyarrow missing: pip install 'mscnet[parquet]'" in outcome.out) == (0, True)


def test_json_lists_packages_with_their_state(mscnet, installed):
    installed({**GOOD, "numpy": "1.26"})
    outcome = mscnet("doctor --json")
    found = json.loads(outcome.out)
    states = [(each["name"], each["version"], each["good"]) for each in found["dependencies"]]
    assert (outcome.code, states) == (1, [("numpy", "1.26", False), ("scipy", "1.15", True)])


def test_missing_kernels_are_a_note_with_their_reason(mscnet, installed, without_kernels):
    installed(GOOD)
    outcome = mscnet("doctor")
    assert (outcome.code, outcome.err.startswith("note: there are no compiled kernels")) == (0, True)
    assert "MSCNET_KERNELS=off" in outcome.err


def test_json_says_whether_there_are_kernels(mscnet):
    found = json.loads(mscnet("doctor --json").out)["kernels"]
    assert found["compiled"] == (kernels.core() is not None) == (found["path"] is not None) == (not found["reason"])


def test_a_missing_folder_of_ours_is_1(mscnet, installed, monkeypatch):
    def missing(name):
        raise FileNotFoundError(name)

    installed(GOOD)
    monkeypatch.setattr(assets, "place", missing)
    outcome = mscnet("doctor")
    assert (outcome.code, "grammars" in outcome.err) == (1, True)


def test_an_installation_that_is_none_is_told(mscnet, monkeypatch):
    def none(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", none)
    outcome = mscnet("doctor")
    assert (outcome.code, "without having been installed" in outcome.out) == (0, True)


def test_it_imports_none_of_what_it_looks_for(folder):
    assert loaded(folder, "doctor") & (HEAVY | {"numpy"}) == set()
