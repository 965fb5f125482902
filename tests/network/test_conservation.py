"""Conservation laws: exact, complete, non-negative where they can be, and written as a chemist reads them."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import mscnet
from mscnet.network import semiflows
from mscnet.network.conservation import ConservationLaw, rank

#: Networks with their rank, number of conservation laws and conservativity, as the sources in the table state.
DATA = Path(__file__).parent.parent / "data" / "crnt_networks.csv"
CRNT = list(csv.DictReader(DATA.read_text(encoding="utf-8").splitlines()))


def network(text: str) -> mscnet.Network:
    return mscnet.loads(text).network()


def texts(text: str) -> list[str]:
    return [law.text() for law in network(text).conservation_laws()]


def vectors(net: mscnet.Network) -> sympy.Matrix:
    """The laws as rows, one column a species."""
    laws = [dict(law.coefficients) for law in net.conservation_laws()]
    return sympy.Matrix(len(laws), len(net.species), lambda i, j: laws[i].get(net.species[j], 0))


def stoichiometry(net: mscnet.Network) -> sympy.Matrix:
    return sympy.Matrix(*net.stoichiometry.shape, lambda i, j: net.stoichiometry_exact[i].get(j, 0))


# --- what a chemist sees -------------------------------------------------------------------------


def test_the_exchange_step_has_its_three_moieties() -> None:
    assert texts("CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF") == [
        "CdTe_PC + CdTeSe_PC399 = const",
        "CdTe_PC + CdTe_MF = const",
        "CdSe_MF + CdTeSe_PC399 = const",
    ]


def test_enzyme_and_substrate_are_conserved_in_michaelis_menten() -> None:
    assert texts("E + S <-> ES -> E + P") == ["E + ES = const", "S + ES + P = const"]


def test_coefficients_are_coprime_and_stand_before_the_species() -> None:
    assert texts("2 A <-> 4 B") == ["2 A + B = const"]


def test_rational_coefficients_count_exactly() -> None:
    assert texts("A -> 1.5 B @ k") == ["3 A + 2 B = const"]


def test_a_pure_catalyst_is_a_law_of_its_own() -> None:
    assert texts("E + A -> E + B")[0] == "E = const"


def test_a_species_in_no_reaction_is_a_law_of_its_own() -> None:
    assert texts("species X\nA <-> B") == ["X = const", "A + B = const"]


def test_an_open_network_has_none() -> None:
    assert texts("0 -> A -> B -> 0") == []


def test_a_constant_species_is_a_reservoir_on_which_no_law_rests() -> None:
    assert texts("species W constant\nA + W <-> B") == ["A + B = const"]


def test_what_flows_into_a_reservoir_is_not_conserved() -> None:
    assert texts("species W constant\nA <-> W") == []


def test_a_difference_is_a_law_where_no_sum_is() -> None:
    assert texts("A + B -> 0") == ["A - B = const"]


def test_sums_come_before_differences() -> None:
    laws = network("A + B -> 0\nC <-> D").conservation_laws()
    assert [(law.text(), law.non_negative) for law in laws] == [("A - B = const", False), ("C + D = const", True)]


def test_a_symbolic_coefficient_needs_its_value() -> None:
    with pytest.raises(mscnet.MechanismError, match="needs a value of `n`"):
        network("parameter n\nA -> (n) B").conservation_laws()


def test_latex_of_a_law() -> None:
    law = ConservationLaw((("CdTe_PC", 2), ("B", -1)))
    assert law.latex() == r"2 \, \left[\mathrm{CdTe\_PC}\right] - \left[\mathrm{B}\right] = \mathrm{const}"


# --- published networks --------------------------------------------------------------------------


@pytest.mark.parametrize("row", CRNT, ids=lambda row: row["name"])
def test_the_number_of_laws_of_published_networks(row: dict[str, str]) -> None:
    net = network(row["network"])
    assert (rank(net), len(net.conservation_laws())) == (int(row["rank"]), int(row["n_conservation_laws"]))


@pytest.mark.parametrize("row", CRNT, ids=lambda row: row["name"])
def test_a_published_network_is_conservative_where_sums_cover_all_its_species(row: dict[str, str]) -> None:
    net = network(row["network"])
    covered = {name for law in net.conservation_laws() if law.non_negative for name in law.species}
    assert (covered == set(net.species)) == (row["conservative"] == "yes")


# --- random networks -----------------------------------------------------------------------------


@st.composite
def random_networks(draw: st.DrawFn) -> str:
    """Up to six species and six reactions with net coefficients from -2 to 2, as text."""
    names = "ABCDEF"[: draw(st.integers(1, 6))]
    side = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(names)), max_size=3, unique_by=lambda term: term[1])
    lines = [f"species {name}" for name in names]
    for _ in range(draw(st.integers(1, 6))):
        left, right = draw(side), draw(side)
        if left or right:
            sides = (" + ".join(f"{n} {name}" for n, name in terms) or "0" for terms in (left, right))
            lines.append(" -> ".join(sides) + " @ k")
    return "\n".join(line.replace(" @ k", f" @ k{i}") for i, line in enumerate(lines))


def brute_force_sums(matrix: sympy.Matrix) -> list[sympy.Matrix]:
    """Every non-negative law of least support, by trying each support."""
    rays = []
    for size in range(1, matrix.rows + 1):
        for support in itertools.combinations(range(matrix.rows), size):
            kernel = matrix.extract(list(support), list(range(matrix.cols))).T.nullspace()
            if len(kernel) == 1 and (all(x > 0 for x in kernel[0]) or all(x < 0 for x in kernel[0])):
                full = sympy.zeros(1, matrix.rows)
                for i, value in zip(support, kernel[0], strict=True):
                    full[i] = abs(value)
                rays.append(full)
    return rays


@pytest.fixture(params=["enumerated", "programmed"], scope="module")
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways to non-negative laws: all extreme rays, and linear programming where those are too many."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "programmed":
            patch.setattr(semiflows, "MAX_COMPARISONS", -1)
        yield request.param


@given(text=random_networks())
@settings(max_examples=60)
def test_laws_annihilate_the_stoichiometry(way: str, text: str) -> None:
    net = network(text)
    product = vectors(net) * stoichiometry(net)
    assert product == sympy.zeros(*product.shape)


@given(text=random_networks())
@settings(max_examples=60)
def test_laws_are_independent_and_all_there(way: str, text: str) -> None:
    net = network(text)
    missing = len(net.species) - stoichiometry(net).rank()
    assert (len(net.conservation_laws()), vectors(net).rank()) == (missing, missing)


@given(text=random_networks())
@settings(max_examples=40)
def test_as_many_laws_are_sums_as_can_be(way: str, text: str) -> None:
    net = network(text)
    rays = brute_force_sums(stoichiometry(net))
    possible = sympy.Matrix.vstack(*rays).rank() if rays else 0
    assert sum(law.non_negative for law in net.conservation_laws()) == possible


@given(text=random_networks(), data=st.data())
@settings(max_examples=40)
def test_the_order_of_reactions_does_not_matter(text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    heads = [line for line in lines if line.startswith("species")]
    shuffled = data.draw(st.permutations(lines[len(heads) :]))
    assert texts("\n".join([*heads, *shuffled])) == texts(text)


# --- large ones ----------------------------------------------------------------------------------


def test_coefficients_beyond_any_machine_number_are_exact() -> None:
    steps = 150
    law = network("\n".join(f"A{i} -> 3 A{i + 1}" for i in range(steps))).conservation_laws()[0]
    assert [c for _, c in law.coefficients] == [3 ** (steps - i) for i in range(steps + 1)]


def test_growth_by_aggregation_conserves_the_monomer_count() -> None:
    lines = [f"F{n} + F{m} -> F{n + m}" for n in range(1, 41) for m in range(n, 41 - n)]
    net = network("\n".join(lines))
    laws = net.conservation_laws()
    assert [dict(law.coefficients) for law in laws] == [{f"F{n}": n for n in range(1, 41)}]


def test_a_thousand_enzymes_each_keep_their_total() -> None:
    lines = [f"E{i} + S{i} <-> C{i} -> E{i} + S{i + 1}" for i in range(400)]
    laws = network("\n".join(lines)).conservation_laws()
    sizes = [len(law.coefficients) for law in laws]
    assert (sizes[:400], sizes[400:]) == ([2] * 400, [801])
