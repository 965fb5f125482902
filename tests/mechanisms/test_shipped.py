"""Every mechanism that ships: it reads cleanly, each of its models runs, and what is conserved stays so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet import assets
from mscnet.mechanism.mechanism import Mechanism

FOLDER = Path(__file__).parents[2] / "mechanisms"
NAMES = assets.mechanism_names()


def models_of(name: str) -> list[str | None]:
    """Its pathways; a library of functions, or of rules without a feed, is no model."""
    mechanism = mscnet.load(name)
    fed = mechanism.structure is not None and mechanism.structure.seeds
    return [p.name for p in mechanism.pathways] or ([None] if mechanism.reactions or fed else [])


MODELS = [
    pytest.param(name, model, id=f"{name}-{model}" if model else name) for name in NAMES for model in models_of(name)
]


def model(name: str, pathway: str | None) -> Mechanism:
    mechanism = mscnet.load(name)
    return mechanism.with_pathway(pathway) if pathway else mechanism


def test_the_founding_case_and_six_more_ship() -> None:
    assert {"cdtese", "michaelis_menten", "brusselator", "oregonator", "robertson", "ligand_exchange",
            "cdte_clusters"} <= set(NAMES)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_without_a_finding(name: str) -> None:
    shown, text = assets.mechanism_text(name)
    assert mscnet.check_text(text, shown, strict=True).diagnostics == ()


@pytest.mark.parametrize("name", NAMES)
def test_its_source_is_told_beside_it(name: str) -> None:
    (file,) = FOLDER.rglob(f"{name}.mech")
    told = file.with_suffix(".md").read_text(encoding="utf-8")
    assert told.startswith(f"# {name}: ")
    assert "**Source.**" in told
    assert "**What it shows.**" in told


@pytest.mark.parametrize(("name", "pathway"), MODELS)
def test_a_bare_run_ends_where_the_file_says(name: str, pathway: str | None) -> None:
    mechanism = model(name, pathway)
    run = mscnet.simulate(mechanism)
    assert run.status is mscnet.Status.DONE
    assert run.time[-1] == mechanism.option("t_end")
    assert np.isfinite(run.values).all()


@pytest.mark.parametrize(("name", "pathway"), MODELS)
def test_conserved_totals_keep_to_a_billionth(name: str, pathway: str | None) -> None:
    mechanism = model(name, pathway)
    run = mscnet.simulate(mechanism)
    for law in mechanism.network().conservation_laws():
        total = sum(coefficient * run[species] for species, coefficient in law.coefficients)
        assert np.abs(total - total[0]).max() <= 1e-9 * np.abs(total[0]), law.text()


@pytest.mark.parametrize(("name", "pathway"), MODELS)
def test_no_concentration_falls_below_nothing(name: str, pathway: str | None) -> None:
    run = mscnet.simulate(model(name, pathway))
    lowest, highest = run.values.min(axis=0), run.values.max(axis=0)
    assert (lowest >= -1e-6 * highest).all()
