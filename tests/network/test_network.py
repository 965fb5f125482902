"""Stoichiometry and kinetic orders: exact, in the mechanism's order, symbolic where the file leaves them so."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import mscnet
from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import RateLaw, Reaction, Species, Term


def network(text: str) -> mscnet.Network:
    return mscnet.loads(text).network()


def test_rows_and_columns_keep_the_order_of_the_file() -> None:
    net = network("species P\nE + S <-> ES -> E + P @ kon, koff, kcat")
    assert (net.species, len(net.reactions)) == (("P", "E", "S", "ES"), 3)


def test_net_stoichiometry_of_michaelis_menten() -> None:
    net = network("E + S <-> ES -> E + P @ kon, koff, kcat")
    assert net.stoichiometry.toarray().tolist() == [[-1, 1, 1], [-1, 1, 0], [1, -1, -1], [0, 0, 1]]


def test_whole_coefficients_make_an_integer_matrix() -> None:
    assert network("2 A -> 3 B").stoichiometry.dtype == np.int64


def test_rational_coefficients_make_a_float_matrix() -> None:
    assert network("A -> 1.5 B @ k").stoichiometry.toarray().tolist() == [[-1.0], [1.5]]


def test_a_species_on_both_sides_counts_once() -> None:
    assert network("A + 2 B -> 3 B").entries == (((0, Fraction(-1)), (1, Fraction(1))),)


def test_a_species_that_comes_out_unchanged_has_no_entry() -> None:
    assert network("E + A -> E + B").entries == (((1, Fraction(-1)), (2, Fraction(1))),)


def test_a_catalyst_over_the_arrow_has_no_stoichiometry() -> None:
    assert network("species C\nA -[C^0.5]-> B @ k").stoichiometry.toarray().tolist() == [[0], [-1], [1]]


def test_a_catalyst_over_the_arrow_has_its_order() -> None:
    assert network("species C\nA -[C^0.5]-> B @ k").kinetic_orders.toarray().tolist() == [[0.5], [1.0], [0.0]]


def test_given_orders_replace_those_of_the_stoichiometry() -> None:
    assert network("A + B -> C @ k order A^1.5 B").order_entries == (((0, Fraction(3, 2)), (1, Fraction(1))),)


def test_a_general_law_has_no_orders() -> None:
    assert network("parameter V = 1 M/s\nS -> P rate V").order_entries == ((),)


def test_exact_rows_hold_what_the_columns_hold() -> None:
    assert network("2 A <-> B").stoichiometry_exact == ({0: -2, 1: 2}, {0: 1, 1: -1})


def test_the_matrix_has_rows_for_constant_species() -> None:
    net = network("species W constant\nA + W -> B")
    assert (net.constant, net.stoichiometry.toarray()[0].tolist()) == ((True, False, False), [-1])


def test_a_symbolic_coefficient_takes_the_parameter_as_the_decimal_it_was_typed_as() -> None:
    assert network("parameter n = 0.1\n(n+1) A -> B").entries[0] == ((0, Fraction(-11, 10)), (1, Fraction(1)))


def test_a_symbolic_coefficient_goes_through_derived_values() -> None:
    assert network("parameter n = 2\nm = 2*n\nA -> (m) B").entries[0][1] == (1, Fraction(4))


def test_symbolic_coefficients_that_cancel_leave_no_entry() -> None:
    assert network("parameter n = 2\n(n) A + B -> (n) A + C").entries[0] == ((1, Fraction(-1)), (2, Fraction(1)))


def test_a_coefficient_without_value_is_asked_for_when_a_number_is_needed() -> None:
    net = network("parameter n\n(n+1) A -> B")
    with pytest.raises(mscnet.MechanismError, match=r"(?s)`n \+ 1`.*needs a value of `n`.*--set n=2"):
        _ = net.stoichiometry


def test_a_coefficient_that_comes_out_negative_is_an_error() -> None:
    with pytest.raises(mscnet.MechanismError, match="coefficient of `A` comes out as -1"):
        _ = network("parameter n = -2\n(n+1) A -> B").stoichiometry


def test_a_coefficient_without_finite_value_is_an_error() -> None:
    with pytest.raises(mscnet.MechanismError, match="no finite value"):
        _ = network("parameter n = 0\n(1/n) A -> B").entries


def test_the_network_is_that_of_the_chosen_pathway() -> None:
    text = "A -> B\npathway one { B -> C }\npathway two { B -> D }"
    assert mscnet.loads(text).with_pathway("two").network().species == ("A", "B", "D")


def test_a_mechanism_made_in_python_with_an_unknown_species_is_an_error() -> None:
    terms = (Term("A", Fraction(1)),), (Term("X", Fraction(1)),)
    reaction = Reaction("r1", *terms, terms[0], RateLaw("mass_action", Symbol("k", "parameter")))
    with pytest.raises(mscnet.MechanismError, match="`X`, which is no species"):
        Mechanism(species=(Species("A"),), reactions=(reaction,)).network()


def test_a_network_survives_pickling() -> None:
    net = network("A <-> B")
    again = pickle.loads(pickle.dumps(net))
    assert (again.species, again.entries) == (net.species, net.entries)


def test_an_empty_network_has_empty_matrices() -> None:
    assert network("species A").stoichiometry.shape == (1, 0)
