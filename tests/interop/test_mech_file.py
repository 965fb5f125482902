"""Mechanisms written as plain files: they read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import mscnet
from mscnet import Mechanism, interop
from mscnet.interop.mech_words import number_of
from mscnet.language import check_text
from mscnet.mechanism.diff import diff
from tests.docs.test_examples import ROOT, blocks_of

PAGES = [ROOT / "docs" / name for name in ("language.md", "thermodynamics.md", "rate_laws.md", "events.md", "facts.md")]


def written(mechanism: Mechanism) -> str:
    return "\n".join(interop.lines_of(mechanism, "mech")) + "\n"


def files_of(page: Path, folder: Path) -> list[Path]:
    """The mechanisms of a page, each in a folder of its own with the files that it may need."""
    blocks, found = blocks_of(page), []
    for i, block in enumerate(blocks):
        if block.kind == "mech" and "error" not in block.words:
            home = folder / str(i)
            home.mkdir()
            for other in blocks:
                if other.words and other.kind in ("csv", "mech") and other.words[0] != "error":
                    (home / other.words[0]).write_text(other.text, encoding="utf-8")
            found.append(home / (block.words[0] if block.words else "x.mech"))
            found[-1].write_text(block.text, encoding="utf-8")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.slow
def test_every_example_of_the_pages_reads_back_the_same(page: Path, tmp_path: Path) -> None:
    found = files_of(page, tmp_path)
    assert found
    for path in found:
        mechanism = mscnet.load(path)
        plain = path.with_name("plain.mech")
        plain.write_text(written(mechanism), encoding="utf-8")
        assert diff(mechanism, mscnet.load(plain)).changes == (), plain.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["cdtese", "michaelis_menten"])
def test_mechanisms_that_ship_read_back_the_same(name: str) -> None:
    mechanism = mscnet.load(name)
    assert diff(mechanism, mscnet.loads(written(mechanism))).changes == ()


def test_nothing_is_left_to_expand(tmp_path: Path) -> None:
    (tmp_path / "cdte.mech").write_text("function f(x) = 2*x\nA[n] -> B @ f(k)*n for n in 1 .. 3\nparameter k = 1 /s")
    (tmp_path / "m.mech").write_text('import "cdte.mech" as te\nfor E in X, Y { {E} -> te.A[1] @ q{E} }')
    text = written(mscnet.load(tmp_path / "m.mech"))
    assert not any(word in text for word in ("import", "for ", "{", "te."))
    assert "te_A[3] -> te_B  @ 2*te_k*3" in text
    assert check_text(text).mechanism is not None


def test_names_from_imports_keep_clear_of_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "o.mech").write_text("A -> B @ k\nparameter k = 2 /s")
    (tmp_path / "m.mech").write_text('import "o.mech" as o\no_k = o.k/2\no.A -> o_A @ o_k')
    mechanism = mscnet.load(tmp_path / "m.mech")
    again = mscnet.loads(written(mechanism))
    assert diff(mechanism, again).changes == ()
    assert [p.value for p in again.parameters] == [2.0]


def test_names_of_the_file_keep_clear_of_units() -> None:
    mechanism = mscnet.loads("species s = 3 mM, M = 2 mM\ns + M -> X @ 5 L/mol/min\nx = 2 mM + 3*[s] + [M]")
    again = mscnet.loads(written(mechanism))
    assert diff(mechanism, again).changes == ()


@pytest.mark.parametrize(
    "text",
    [
        "water: fast 0 <-> H^+ + OH^- @ K = 1e-14 M^2\nspecies H^+ = 1e-7 M, OH^- = 1e-7 M",
        "temperature = 300 K\nspecies A gibbs = 0 kJ/mol = 1 M, B gibbs = -2 kJ/mol\nfast A <-> B\nA -> C @ 1",
        "A -[C^0.5, D]-> B @ k\nA + A -[A]-> B @ k2 order A^0.5\n3/2 A <-> B @ k3, l order A, B^-1",
        "A <-[C]-> B rate q*[A], q*[B]\nparameter q",
        "A <-> B @ K = 3, kr\nparameter n = 2\n(n+1) A -> B @ k order A^n\n0 -> B @ 1/3",
        "unit c0\nspecies A = (1/3) c0, X = 2 M constant\nA -> B @ 5 /M/min*[X]\nunit rpm = 1 /min\nB -> C @ 30 rpm",
        "compartment a = 1 L, b = 2 L\nspecies a.A = 1 M\na.A <-> b.A @ 1 L/s, 1 L/s\na.A -> a.B @ 2",
        "A -> B @ 1\nwhen ([A] < 1 M or [B] > 2 M) and not time < 5 s for 2 s once { A *= 2 ; B = [A]/3 }",
    ],
)
def test_forms_of_steps_and_events_read_back_the_same(text: str) -> None:
    mechanism = mscnet.loads(text)
    assert diff(mechanism, mscnet.loads(written(mechanism))).changes == ()


def test_what_derived_pathways_change_stands_in_every_pathway() -> None:
    text = """
    step0: A -> C @ k0
    parameter k0 = 0.1 /s
    pathway eq1 { step1: A + B <-> D @ k1, k2 ; parameter k1 = 1, k2 = 2 }
    pathway one_way = eq1 with { k2 = 0 ; k0 = 3 /s } without step0
    """
    mechanism = mscnet.loads(text)
    again = mscnet.loads(written(mechanism))
    assert not any(pathway.bases for pathway in again.pathways)
    for name in ("eq1", "one_way"):
        assert diff(mechanism.with_pathway(name), again.with_pathway(name)).changes == ()


@pytest.mark.parametrize("text", ["0", "7", "0.5", "1e-9", "1.25e14", "123456", "1234567", "0.001", "-3.5"])
def test_decimals_stay_decimals(text: str) -> None:
    from fractions import Fraction

    assert Fraction(number_of(Fraction(text))) == Fraction(text)


def test_a_third_is_a_fraction() -> None:
    from fractions import Fraction

    assert (number_of(Fraction(1, 3)), number_of(Fraction(-2, 3))) == ("(1/3)", "-(2/3)")
