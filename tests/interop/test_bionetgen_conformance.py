"""The benchmark networks as BioNetGen wrote them (see the README of `networks` in the conformance data)."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet.kinetics.system import build_rate_system

#: Species, reactions and groups of each network.
SIZES = {
    "multistate": (9, 18, 4),
    "multisite2": (66, 288, 3),
    "egfr_net": (356, 3_749, 13),
    "BCR": (1_122, 24_388, 9),
    "fceri_gamma2": (3_744, 58_276, 6),
}
FILES = {name + end: (*size[:2], size[2] * (not end)) for name, size in SIZES.items() for end in ("", "_no_obs")}


@pytest.fixture(scope="module")
def networks(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = conformance / "networks" / "networks.zip"
    if not archive.exists():
        pytest.skip(f"{archive} is not there")
    folder = tmp_path_factory.mktemp("networks")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
@pytest.mark.slow
def test_each_network_loads_whole(networks: Path, name: str) -> None:
    result = mscnet.check(networks / f"{name}.net")
    assert result.diagnostics == ()
    mechanism = result.mechanism
    assert mechanism is not None
    assert (len(mechanism.species), len(mechanism.reactions), len(mechanism.observables)) == FILES[name]
    assert len({species.name for species in mechanism.species}) == len(mechanism.species)


@pytest.mark.parametrize("name", [*list(SIZES)[:-1], pytest.param("fceri_gamma2", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_the_right_hand_side_at_the_start_is_that_of_the_lines(networks: Path, name: str) -> None:
    path = networks / f"{name}.net"
    system = build_rate_system(mscnet.load(path).network())
    x, change, size = by_the_lines(path.read_text())
    np.testing.assert_allclose(system.initial(), x, rtol=1e-14)
    x = x + 1.0 + np.arange(len(x)) / len(x)  # at the start most rates are zero
    _, change, size = by_the_lines(path.read_text(), x)
    assert np.all(abs(system.rhs(0.0, x) - change) <= 1e-12 * size)


def by_the_lines(text: str, x: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Initial populations, dx/dt, and the sum of the rates' sizes, by splitting lines at blanks and commas.

    In these networks' expressions names are joined by ``*`` and ``/`` alone, and brackets only group from the left.
    """

    def value(expression: str) -> float:
        result = 1.0
        for factor in expression.strip("(").replace(")", "").replace("/", "*/").split("*"):
            word = factor.lstrip("/")
            number = values[word] if word in values else float(word)
            result = result / number if factor.startswith("/") else result * number
        return result

    block, values, initial, lines = "", {}, [], []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] in (["begin"], ["end"]):
            block = words[1] if words[0] == "begin" else ""
        elif words and block == "parameters":
            values[words[1]] = value("".join(words[2:]))
        elif words and block == "species":
            initial.append(value(words[2]))
        elif words and block == "reactions":
            lines.append(words)
    x = np.array(initial) if x is None else x
    change, size = np.zeros_like(x), np.zeros_like(x)
    for _, left, right, constant in lines:
        reactants, products = ([int(i) - 1 for i in side.split(",") if i != "0"] for side in (left, right))
        rate = value(constant) * np.prod(x[reactants])
        for i in (*reactants, *products):
            size[i] += abs(rate)
        for i in reactants:
            change[i] -= rate
        for i in products:
            change[i] += rate
    return np.array(initial), change, size


def test_a_run_of_multistate_keeps_its_totals(networks: Path) -> None:
    run = mscnet.simulate(mscnet.load(networks / "multistate.net"), 20.0, points=5, rtol=1e-8, atol=1e-9)
    for letter, total in (("R", 5360), ("L", 1160), ("A", 5360)):
        members = [s.name for s in run.mechanism.species if f"{letter}(" in (s.label or "")]
        assert len(members) >= 4
        np.testing.assert_allclose(sum(run[name] for name in members), total, rtol=1e-10)
    parts = run["A_bound_P"] + run["A_unbound_P"]
    np.testing.assert_allclose(run["A_P"], parts, rtol=1e-12)
    assert run["A_P"][-1] > 1


def test_the_largest_network_is_read_in_little_time(networks: Path) -> None:
    path = networks / "fceri_gamma2.net"
    began = time.process_time()
    mscnet.load(path)
    assert time.process_time() - began < 3.0
