"""The statistical factor of a rule: what each way of applying it counts."""

from __future__ import annotations

from fractions import Fraction

from mscnet.mechanism.structure import Rule, Structure


def factor_of(rule: Rule, structure: Structure) -> Fraction:
    """The factor by which the rule's constant is multiplied for each of its matches (see `symmetry`).

    Raises:
        MechanismError: the rule cannot be applied (E300 to E302).
    """
    from mscnet.rules.graph import Vocabulary
    from mscnet.rules.transform import compile_rule

    return compile_rule(rule, Vocabulary.of(structure)).factor
