"""What two mechanisms differ in: what is set aside, what is found, and how it is told."""

from __future__ import annotations

import pickle

import pytest

import mscnet
from mscnet import diff, loads


def told(a: str, b: str) -> list[tuple[str, str, str]]:
    return [(change.category, change.kind, change.name) for change in diff(loads(a), loads(b)).changes]


#: Two texts of one mechanism, by what they differ in.
ALIKE = {
    "names": ("A -> B @ k1 ; parameter k1 = 2 /min", "X -> Y @ q ; parameter q = 2 /min"),
    "names that are those of ions": (
        "A + X -> B @ k ; species X = 1 constant",
        "Cl^- + OH^- -> B @ k ; species OH^- = 1 constant",
    ),
    "order": ("A + B -> C @ k1 ; C -> A @ k2", "C -> A @ k2 ; B + A -> C @ k1"),
    "labels and notes": ('one: A -> B @ k1 "x" ; species A "a" = 1', "A -> B @ k1 ; species A = 1"),
    "layout": ("A -> B @ k1", "# a comment\nA -> B\n    @ k1\n"),
    "units": (
        "units time = min\nA -> B @ 2 ; 2 A -> C @ 0.1 ; species A = 3 mM",
        "2 P -> Q @ 0.1 /M/min ; P -> R @ 120 /h ; species P = 3e-3",
    ),
    "units, and a power that is not whole": (
        "units time = min, concentration = mM\nS -> P rate V*([S]/K)^0.5 ; species S = 4 ; parameter V = 6, K = 1",
        "A -> B rate W*sqrt([A]/L) ; species A = 4 mM ; parameter W = 1e-4 M/s, L = 1 mM",
    ),
    "units, and orders that are not whole": (
        "units time = s\nX + Y -> Z @ k order X Y^0.5 Z",
        "units time = min\nrate_ + C -> N @ kf order rate_ C^0.5 N",
    ),
    "units, and which of two equal numbers is the rate": (
        "units time = s\nA -> B rate v*[A]^2.5/(K^2.5 + [A]^2.5) ; parameter v = 1, K = 1",
        "units time = min\nA -> B rate K*[A]^2.5/(v^2.5 + [A]^2.5) ; parameter K = 60, v = 1",
    ),
    "units, and a number that was rounded": (
        "units time = s\nA -> B @ 1.1574074074074073e-05",
        "units time = ms\nX -> Y @ 1.1574074074074074e-08",
    ),
    "units, and a small number that was rounded": (
        "units time = ms, concentration = uM\n3 A -> B @ 3.3333333333333334e-19",
        "units time = s, concentration = mM\n3 X -> Y @ 3.333333333333333e-10",
    ),
    "units, and constants whose units nothing tells": (
        "units concentration = mM\nA -> B rate p*A^2*sqrt([A]/q) ; parameter q = 100, p = 1e-4 in 5e-5 .. 2e-4",
        "units concentration = M\nX -> Y rate q*X^2*sqrt([X]/r) ; parameter q = 0.1 in 0.05 .. 0.2, r = 0.1",
    ),
    "units, and which of two is under a root": (
        "units time = s\nX -> Z @ sqrt([X]/c)*[Y]*(1 /M/s) ; Y -> Z @ [X]*sqrt([Y]/c)*(2 /M/s) ; parameter c = 1",
        "units time = min\nB -> Z @ sqrt([B]/q)*[A]*(1 /M/s) ; A -> Z @ [B]*sqrt([A]/q)*(2 /M/s) ; parameter q = 1",
    ),
    "a reversible step and its two halves": ("A <-> B @ k1, k2", "A -> B @ f ; B -> A @ r"),
    "a catalyst and a factor": ("A -[X]-> B @ k ; species X = 1", "A -> B @ k*[X] ; species X = 1"),
    "how a law is written": (
        "S -> P rate V*[S]/(K + [S]) ; parameter V = 2 M/s, K = 1 M",
        "S -> P rate Vm/(1 + Km/[S]) ; parameter Vm = 2 M/s, Km = 1 M",
    ),
    "what only numbers can tell": (
        "A -> B @ exp(a + b)*(1 /s) ; parameter a = 1, b = 2",
        "A -> B @ exp(a)*exp(b)*(1 /s) ; parameter a = 1, b = 2",
    ),
    "derived values": ("A -> B @ 2*k ; parameter k = 1 /s", "A -> B @ kk ; kk = k + k ; parameter k = 1 /s"),
    "functions": (
        "A -> B @ f(k) ; function f(x) = x^2/(1 /s) ; parameter k = 1 /s",
        "A -> B @ k*k/(1 /s) ; parameter k = 1 /s",
    ),
    "which of three alike is which": (
        "A -> B @ k1 ; B -> C @ k2 ; C -> A @ k3 ; parameter k1 = 1, k2 = 2, k3 = 3",
        "A -> B @ k1 ; B -> C @ k2 ; C -> A @ k3 ; parameter k1 = 2, k2 = 3, k3 = 1",
    ),
    "names of pathways": ("A -> B @ 1 ; pathway p { B -> C @ 2 }", "A -> B @ 1 ; pathway q { B -> C @ 2 }"),
}


@pytest.mark.parametrize("case", ALIKE)
def test_set_aside(case: str) -> None:
    assert told(*ALIKE[case]) == []


BENCH = """solution S { A = 1 mM } ; solvent W ; A -> B @ 0.1 /s
band B { gaussian center = 371 nm, fwhm = 20 nm, epsilon = 3 /mM/cm }
experiment e { mix 1 mL S + 1 mL W ; measure od = absorbance(371 nm) every 1 s for 10 s }
expect e { max(od) = 0.4 ± 0.1 from "x" }
option t_end = 60 s
"""

#: Texts that differ, and what is told of them.
DIFFER = {
    "a constant": (
        "A -> B @ k ; parameter k = 2 /s",
        "A -> B @ k ; parameter k = 3 /s",
        [("constants", "changed", "k")],
    ),
    "bounds": (
        "A -> B @ k ; parameter k = 2 /s in 1 .. 3",
        "A -> B @ k ; parameter k = 2 /s in 1 .. 4",
        [("constants", "changed", "k")],
    ),
    "an initial value": (
        "A -> B @ k ; species A = 1",
        "A -> B @ k ; species A = 2",
        [("initial values", "changed", "A")],
    ),
    "a composition": (
        "A -> B @ k ; species A of C2H6",
        "A -> B @ k ; species A of CH4",
        [("species", "changed", "A")],
    ),
    "a species": ("A -> B @ k", "A -> B @ k ; species X constant", [("species", "added", "X")]),
    "a reaction": (
        "A -> B @ k ; B -> A @ q",
        "A -> B @ k",
        [
            ("reactions", "removed", "r2"),
        ],
    ),
    "a direction": (
        "A -> B @ k ; species A = 1",
        "B -> A @ k ; species A = 1",
        [("reactions", "removed", "r1"), ("reactions", "added", "r1")],
    ),
    "a coefficient": ("2 A -> B @ k", "A -> B @ k", [("reactions", "removed", "r1"), ("reactions", "added", "r1")]),
    "a law": ("one: A -> B @ k", "one: A -> B @ k*[A]", [("reactions", "changed", "one")]),
    "which constant": (
        "A -> B @ k1 ; C -> D @ k2 ; B -> C @ 5 ; parameter k1 = 1, k2 = 1",
        "A -> B @ k1 ; C -> D @ k1 ; B -> C @ 5 ; parameter k1 = 1, k2 = 1",
        [("reactions", "changed", "r2")],
    ),
    "an observable": (
        "A -> B @ k ; observable t = [A] + [B]",
        "A -> B @ k ; observable t = [A]",
        [("observables", "changed", "t")],
    ),
    "an option": (
        "A -> B @ 1 ; option t_end = 2 min",
        "A -> B @ 1 ; option t_end = 121 s",
        [("options", "changed", "t_end")],
    ),
    "a pathway": (
        "A -> B @ 1 ; pathway p { B -> C @ 2 }",
        "A -> B @ 1 ; pathway p { B -> C @ 2 }\npathway q { C -> A @ 2 }",
        [("pathways", "added", "q")],
    ),
    "a bottle": (BENCH, BENCH.replace("A = 1 mM", "A = 2 mM"), [("bottles", "changed", "S")]),
    "a step": (BENCH, BENCH.replace("1 mL W", "2 mL W"), [("experiments", "changed", "e")]),
    "a band": (BENCH, BENCH.replace("epsilon = 3", "epsilon = 4"), [("spectra", "changed", "B")]),
    "a fact": (BENCH, BENCH.replace("0.4 ± 0.1", "0.5 ± 0.1"), [("facts", "removed", "e"), ("facts", "added", "e")]),
    "a source of a fact": (BENCH, BENCH.replace('"x"', '"y"'), []),
}


@pytest.mark.parametrize("case", DIFFER)
def test_found(case: str) -> None:
    a, b, expected = DIFFER[case]
    assert told(a, b) == expected


def test_the_other_way_about_added_is_removed() -> None:
    assert told("A -> B @ k ; species X constant", "A -> B @ k") == [("species", "removed", "X")]


def test_other_names_are_told() -> None:
    found = diff(loads("A -> B @ k1"), loads("A -> Z @ k1"))
    assert (found.alike, found.renamed) == (True, (("species", "B", "Z"),))


def test_values_are_told_in_the_words_of_either_file() -> None:
    change = diff(loads("A -> B @ k ; parameter k = 2 /min"), loads("A -> B @ k ; parameter k = 180 /h")).changes[0]
    assert (change.before, change.after) == ("2 /min", "180 /h")


def test_a_change_carries_its_places() -> None:
    change = diff(loads("A -> B @ k\nparameter k = 2"), loads("\n\nA -> B @ k\nparameter k = 3")).changes[0]
    assert (change.span_before.line, change.span_after.line) == (2, 4)


def test_the_pathways_of_one_file() -> None:
    cdtese = mscnet.load("cdtese")
    found = diff(cdtese.with_pathway("eq1"), cdtese.with_pathway("eq2"))
    assert [(c.kind, c.name) for c in found.of("reactions")] == [("removed", "step1"), ("added", "step1")]
    assert found.changes == found.of("reactions")


def test_an_event_that_two_pathways_have_alike_is_no_difference() -> None:
    family = loads("A -> B @ 1 /s\npathway a { at 1 s { A = 2 M } }\npathway b { at 1 s { A = 2 M } }")
    assert not diff(family.with_pathway("a"), family.with_pathway("b")).changes


def test_an_event_at_another_time_is_a_difference() -> None:
    assert told("A -> B @ 1 /s\nat 1 s { A = 2 M }", "A -> B @ 1 /s\nat 2 s { A = 2 M }") != []


@pytest.mark.slow
def test_what_all_pathways_share_is_told_once() -> None:
    text = mscnet.load("cdtese").source.text
    found = diff(loads(text), loads(text.replace("= 26.13 ", "= 28 ")))
    assert [(c.category, c.name, c.pathway) for c in found.changes] == [("constants", "k3", "")]


def test_it_is_plain_data() -> None:
    found = diff(loads("A -> B @ 1"), loads("A -> B @ 2"))
    assert pickle.loads(pickle.dumps(found)) == found
    assert found
    assert not diff(loads("A -> B @ 1"), loads("A -> B @ 1"))


def test_what_cannot_be_decided_in_the_limit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscnet.mechanism.diff_match.Matcher.__init__.__defaults__", (True, 3))
    found = diff(loads("A -> B @ 1 ; B -> C @ 2"), loads("X -> Y @ 1 ; Y -> Z @ 2"))
    assert found.undecided
    assert found.changes
