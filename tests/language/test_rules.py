"""Structured species and rules: what a text of them is read to."""

from __future__ import annotations

from time import process_time

import pytest

import mscnet
from mscnet.language import check_text
from mscnet.language.format import format_text
from mscnet.mechanism.diff import diff
from mscnet.mechanism.expression import Number, to_text
from mscnet.mechanism.structure import Structure
from mscnet.mechanism.structure_text import molecule_type_text, pattern_text, rule_text

TYPES = "molecule L(r, r), R(l, kin~u~p)\n"


def structure(text: str) -> Structure:
    found = mscnet.loads(text).structure
    assert found is not None
    return found


def codes(text: str) -> list[str]:
    return [finding.code for finding in check_text(text).diagnostics]


def test_molecules_keep_equal_sites_and_the_order_of_their_states() -> None:
    found = structure(TYPES + "population molecule P()\nL(r) -> P() @ k")
    assert [molecule_type_text(molecule) for molecule in found.molecules] == ["L(r,r)", "R(l,kin~u~p)", "P()"]
    assert [molecule.population for molecule in found.molecules] == [False, False, True]


def test_a_reversible_rule_is_two_that_are_partners() -> None:
    there, back = structure(TYPES + 'bind: L(r) + R(l) <-> L(r!1).R(l!1) @ kon, koff "note"').rules
    assert (there.name, there.partner, there.label, there.note) == ("bind", "bind.reverse", "bind", "note")
    assert (back.name, back.partner, back.reverse) == ("bind.reverse", "bind", True)
    assert rule_text(there) == "L(r) + R(l) -> L(r!1).R(l!1)"
    assert (back.reactants, back.products) == (there.products, there.reactants)


def test_an_arrow_that_points_back_has_its_reactants_on_the_right() -> None:
    (rule,) = structure("A(b) <- B(a) @ k").rules
    assert rule_text(rule) == "B(a) -> A(b)"


def test_a_chain_of_arrows_is_several_rules() -> None:
    rules = structure("chain: A(s~u) -> A(s~p) -> A(s~q) @ k1, k2").rules
    assert [(rule.name, rule_text(rule)) for rule in rules] == [
        ("chain.1", "A(s~u) -> A(s~p)"),
        ("chain.2", "A(s~p) -> A(s~q)"),
    ]


def test_wildcards_labels_and_several_bonds() -> None:
    (rule,) = structure("A%x(b!+, c!?, d~?, e!1!2).B(f!1, g%y!2) -> A%x(b!+, c!?, d, e!1!2).B(f!1, g%y!2) @ k").rules
    first = rule.reactants[0].molecules[0]
    assert first.label == "x"
    assert [site.bond for site in first.sites] == ["bound", "any", "free", (1, 2)]
    assert first.sites[2].state is None
    assert rule.reactants[0].molecules[1].sites[1].label == "y"


def test_bonds_with_names_get_numbers_that_are_free() -> None:
    (rule,) = structure("A(b!x, c!1).B(a!x, c!1) -> 0 @ k").rules
    assert pattern_text(rule.reactants[0]) == "A(b!2,c!1).B(a!2,c!1)"


def test_a_coefficient_repeats_its_pattern() -> None:
    (rule,) = structure("2 A(b) -> A(b!1).A(b!1) @ k").rules
    assert rule_text(rule) == "A(b) + A(b) -> A(b!1).A(b!1)"


@pytest.mark.parametrize("side", ["0", "∅"])
def test_nothing_is_a_side_without_patterns(side: str) -> None:
    made, gone = structure(f"{side} -> A(b) @ k1\nA(b) -> {side} @ k2").rules
    assert (made.reactants, gone.products) == ((), ())


def test_bngl_s_words_and_restrictions_hold_for_both_directions() -> None:
    there, back = structure(
        "A(b) + B(a) <-> A(b!1).B(a!1) @ k1, k2 MoveConnected DeleteMolecules "
        "include_reactants(1, A(b), C()) exclude_products(1, D())"
    ).rules
    assert (there.move_connected, there.delete_molecules, back.move_connected) == (True, True, True)
    assert [(r.kind, r.side, r.number, len(r.patterns)) for r in there.restrictions] == [
        ("include", "reactants", 1, 2),
        ("exclude", "products", 1, 1),
    ]
    assert [(r.kind, r.side, r.number) for r in back.restrictions] == [
        ("include", "products", 1),
        ("exclude", "reactants", 1),
    ]


def test_constants_come_into_being_by_use_and_by_number() -> None:
    mechanism = mscnet.loads("A -> B\nA(b) + B(a) <-> A(b!1).B(a!1)\nA(b) -> 0 @ kd")
    assert [parameter.name for parameter in mechanism.parameters] == ["k1", "k2", "k2r", "kd"]
    assert mechanism.structure is not None
    assert [rule.name for rule in mechanism.structure.rules] == ["r2", "r2.reverse", "r3"]


def test_a_constant_has_the_dimension_that_its_reactants_ask_for() -> None:
    text = "0 -> A(b) @ k0\nA(b) -> 0 @ k1\nA(b) + B(a) -> A(b!1).B(a!1) @ k2\nA(b) -> B(a) rate 2*k3\nparameter k3"
    units = {parameter.name: parameter.unit for parameter in mscnet.loads(text).parameters}
    assert units == {"k0": "M/s", "k1": "/s", "k2": "/M/s", "k3": "M/s"}


@pytest.mark.parametrize(
    "line",
    [
        "A(b) -> 0 @ 3 mM",
        "A(b) + B(a) -> 0 @ 3 /s",
        "A(b) -> 0 rate 3 /s",
        "species A(b) = 3 /s",
        "energy pattern A(b) = 3 mM",
        "A(b) -> B(a) @ activation(0.5, 3 mM)",
    ],
)
def test_a_wrong_dimension_is_seen(line: str) -> None:
    assert "E020" in codes(f"{line}\nA(b) + B(a) -> 0 @ k")


def test_a_constant_used_with_two_molecularities_is_seen() -> None:
    assert codes("A(b) -> 0 @ k\nA(b) + A(b) -> 0 @ k") == ["E020"]


def test_a_seed_is_completed_with_free_sites_in_their_first_state() -> None:
    found = structure(TYPES + 'species L(r, r) = 1 mM "ligand", R(l) constant\nL(r) -> 0 @ k')
    assert [pattern_text(seed.pattern) for seed in found.seeds] == ["L(r,r)", "$R(l,kin~u)"]
    assert [seed.label for seed in found.seeds] == ["ligand", None]
    assert found.seeds[0].initial == Number(found.seeds[0].initial.value)  # type: ignore[union-attr]


def test_kinds_of_molecules_follow_from_patterns_where_none_is_declared() -> None:
    found = structure("species A(b, b, s~u) = 1\nA(b, s~p) -> A(b, s~q) @ k")
    assert [molecule_type_text(molecule) for molecule in found.molecules] == ["A(b,b,s~u~p~q)"]
    assert not found.molecules[0].declared


def test_a_plain_name_in_a_rule_is_a_molecule_without_sites() -> None:
    found = structure(TYPES + "ATP + R(kin~u) -> ADP + R(kin~p) @ k")
    assert rule_text(found.rules[0]) == "ATP() + R(kin~u) -> ADP() + R(kin~p)"
    assert [molecule.name for molecule in found.molecules if not molecule.declared] == ["ATP", "ADP"]


def test_reactions_and_rules_stand_side_by_side() -> None:
    mechanism = mscnet.loads("species ATP = 1 mM\nATP -> ADP @ k1\nATP + R(s~u) -> ADP + R(s~p) @ k2")
    assert mechanism.structure is not None
    assert (len(mechanism.reactions), len(mechanism.structure.rules)) == (1, 1)


def test_local_functions_are_written_into_laws() -> None:
    mechanism = mscnet.loads(
        "function f(x) = k*Bound(x) + k\nparameter k = 1 /s\n"
        "observable Bound = molecules A(b!+)\n%x:A(b) -> A(b) @ f(x)\nA%y(b) -> 0 @ k*Bound(y)"
    )
    assert mechanism.structure is not None
    assert [to_text(rule.law.expression) for rule in mechanism.structure.rules] == ["k*Bound(x) + k", "k*Bound(y)"]
    assert mechanism.structure.rules[0].reactants[0].label == "x"


def test_a_law_may_hold_the_concentration_of_a_reactant() -> None:
    (rule,) = structure("A(b) + B(a) -> 0 @ k/(K + [1] + [2])\nparameter K = 1 mM").rules
    assert to_text(rule.law.expression) == "k/(K + [1] + [2])"


def test_an_observable_over_patterns_may_stand_in_others() -> None:
    mechanism = mscnet.loads(
        'observable Dimers "pairs" = molecules A(b!1).A(b!1), C\nobservable Big = species A() > 2, A() == 1\n'
        "twice = 2*Dimers\nA(b) + A(b) -> A(b!1).A(b!1) @ k\nA(b) -> C rate twice/tau\nparameter tau = 1 s"
    )
    assert mechanism.structure is not None
    dimers, big = mechanism.structure.counts
    assert (dimers.kind, dimers.label, len(dimers.patterns)) == ("molecules", "pairs", 2)
    assert [pattern.relation for pattern in big.patterns] == [(">", 2), ("==", 1)]
    (twice,) = mechanism.definitions
    assert twice.dimension == mechanism.species[0].dimension if mechanism.species else twice.dimension is not None


def test_energies_give_both_directions() -> None:
    found = structure('energy pattern A(b!1).B(a!1) = -2 "bond"\nA(b) + B(a) <-> A(b!1).B(a!1) @ activation(0.3, 5)')
    there, back = found.rules
    assert [to_text(phi) for phi, _ in (there.activation, back.activation)] == ["0.3", "0.7"]  # type: ignore[misc]
    assert (found.energies[0].name, to_text(found.energies[0].energy)) == ("bond", "-2")


def test_places_hold_species_and_molecules() -> None:
    found = structure(
        "compartment EC = 1 pL, PM surface = 0.01 pL in EC, CP = 1 pL in PM\n"
        "species @EC:L(r) = 100, R(l)@PM = 20\nL(r) + R(l) <-> L(r!1).R(l!1) @ k1, k2\n@EC:L(r) -> 0 @ k3"
    )
    assert [(place.name, place.dimension, place.parent) for place in found.places] == [
        ("EC", 3, None),
        ("PM", 2, "EC"),
        ("CP", 3, "PM"),
    ]
    assert [pattern_text(seed.pattern) for seed in found.seeds] == ["@EC:L(r)", "R(l)@PM"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("compartment EC = 1, CP = 1 in EC", "E308"),
        ("compartment EC = 1, PM surface = 1 in EX", "E270"),
        ("compartment EC = 1", "E273"),
        ("compartment EC = 3 s", "E271"),
    ],
)
def test_places_that_cannot_be_are_refused(text: str, code: str) -> None:
    assert code in codes(f"{text}\nspecies A(b) = 3\nA(b) -> 0 @ k")


def test_a_law_glued_to_a_pattern_is_no_place() -> None:
    assert structure("A(b)->B(a)@3 /s").rules[0].law.expression == Number(3)  # type: ignore[arg-type]


def test_limits_are_options() -> None:
    limits = structure(
        "option max_iter = 3, max_agg = 4, max_species = 5, max_reactions = 6\n"
        'option max_stoich = "A:2, B:1"\nA(b) -> B(a) @ k'
    ).limits
    assert (limits.iterations, limits.molecules, limits.species, limits.reactions) == (3, 4, 5, 6)
    assert limits.of_type == (("A", 2), ("B", 1))


def test_a_pathway_has_rules_and_observables_of_its_own() -> None:
    mechanism = mscnet.loads(
        "species A(b) = 1\npathway p { A(b) -> 0 @ k1 ; observable X = molecules A() }\n"
        "pathway q { A(b) -> C(d) @ k2 }\nA(b) + A(b) -> A(b!1).A(b!1) @ k3"
    )
    one = mechanism.with_pathway("q")
    assert one.structure is not None
    assert [rule_text(rule) for rule in one.structure.rules] == ["A(b) -> C(d)", "A(b) + A(b) -> A(b!1).A(b!1)"]
    assert one.structure.counts == ()
    assert [parameter.name for parameter in one.parameters] == ["k2", "k3"]


def test_a_family_writes_rules_out() -> None:
    found = structure(
        "for E in Te, Se {\n  molecule M{E}(e~{E}~x)\n  bind: M{E}(e~{E}) -> M{E}(e~x) @ k{E}\n"
        "  species M{E}(e~{E}) = 1 mM\n  observable N{E} = molecules M{E}()\n}"
    )
    assert [molecule_type_text(molecule) for molecule in found.molecules] == ["MTe(e~Te~x)", "MSe(e~Se~x)"]
    assert [(rule.name, rule_text(rule)) for rule in found.rules] == [
        ("bind[Te]", "MTe(e~Te) -> MTe(e~x)"),
        ("bind[Se]", "MSe(e~Se) -> MSe(e~x)"),
    ]
    assert [count.name for count in found.counts] == ["NTe", "NSe"]


def test_numbers_of_a_loop_stand_in_states() -> None:
    rules = structure("for n in 0 .. 2 { A(s~{n}) -> A(s~{n+1}) @ k }").rules
    assert [rule_text(rule) for rule in rules] == [f"A(s~{n}) -> A(s~{n + 1})" for n in range(3)]


def test_words_stay_free_as_names() -> None:
    text = "molecules = 2\nsurface = 3\npopulation = 4\nA -> B @ molecules*surface*population*k\n"
    text += "observable x = molecules + 1"
    assert set(codes(text)) <= {"N072"}  # that `molecules` is no unit here


@pytest.mark.parametrize("word", ["rate", "order", "at", "every", "when"])
def test_words_with_brackets_are_no_molecules(word: str) -> None:
    assert mscnet.loads("A -> 0 rate (k*[A])\nparameter k = 1 /s").structure is None
    assert any(code.startswith("E") for code in codes(f"{word}(b) -> A(b) @ k"))


@pytest.mark.parametrize(
    "line",
    [
        "species A = 1 mol L^-1 of(CdSe)2H",
        "species A = 1 mol L^-1 constant of(CdSe)2H",
        "species A = 1e-3 M*s*s^-1 of((CdSe)2H)[n]",
        "parameter q = 1 s^-1 in(1)..(2 + 1)",
    ],
)
def test_a_word_glued_to_its_bracket_behind_a_negative_power_is_no_molecule(line: str) -> None:
    apart = line.replace("of(", "of (").replace("in(", "in (")
    glued, spaced = (mscnet.loads(f"{text}\nA -> B @ 1 s^-1") for text in (line, apart))
    assert glued.structure is None
    assert not diff(glued, spaced)


def test_a_restriction_follows_a_side_of_nothing() -> None:
    glued, spaced = (
        structure(f"R(l) -> 0 {text}") for text in ("include_reactants(1, R(l)) @ k", "@ k include_reactants(1, R(l))")
    )
    assert [rule_text(rule) for rule in glued.rules] == [rule_text(rule) for rule in spaced.rules]
    assert glued.rules[0].restrictions == spaced.rules[0].restrictions != ()


ALL = """\
compartment EC = 1 pL
molecule L(r, r), R(l, kin~u~p)
population molecule P()
species @EC:L(r, r) = 100 "ligand", @EC:R(l, kin~u) = R0 constant
parameter R0 = 10, v
observable Dimers "label" = molecules R(l!+), L(r!+)
observable Big = species R() > 2
bind: L(r) + R(l) <-> L(r!1).R(l!1) @ kon, koff "note"
R(kin~u, l!+) -> R(kin~p, l!+) @ kp
R() -> 0 @ kd DeleteMolecules include_reactants(1, R(l!+))
L%x(r) -> L%x(r) @ k*Dimers(x)
R(l) -> R(l) rate v/(1 + [1])
energy pattern L(r!1).R(l!1) = -2 "name"
population map P: L(r, r) @ k
option max_iter = 10, max_stoich = "R:5,L:3"
"""


def test_what_is_written_reads_back_the_same() -> None:
    from mscnet.interop.mech_file import write

    for text in (ALL, ALL.replace("@EC:", "").partition("\n")[2], "A(b, b) + C -> A(b, b!1).C(a!1) @ k"):
        one = mscnet.loads(text)
        other = mscnet.loads("\n".join(write(one)) + "\n")
        assert one.structure == other.structure
        assert not diff(one, other)


def test_the_layout_of_rules_keeps_their_meaning() -> None:
    squeezed = ALL.replace(", ", ",").replace(" <-> ", "<->").replace(" + ", "+").replace(" = ", "=")
    laid = format_text(squeezed)
    assert format_text(laid) == laid
    assert mscnet.loads(laid).structure == mscnet.loads(ALL).structure
    assert "L(r) + R(l) <-> L(r!1).R(l!1)  @ kon, koff" in laid.replace("   ", " ")


def test_the_order_of_sites_molecules_and_numbers_of_bonds_is_no_difference() -> None:
    one = mscnet.loads("A(b, c~u!1).B(a!1) + C(d) -> 0 @ k")
    assert not diff(one, mscnet.loads("C(d) + B(a!7).A(c~u!7, b) -> 0 @ k"))
    found = diff(one, mscnet.loads("A(b, c~u!1).B(a!1) + C(d) -> 0 @ 2*k\nC(d) -> 0 @ k1"))
    assert [(change.category, change.kind) for change in found.changes] == [
        ("reactions", "added"),
        ("reactions", "changed"),
    ]


def test_nothing_is_asked_of_dimensions_that_are_free() -> None:
    text = "option dimensions = free\nA(b) -> 0 @ k\nA(b) + A(b) -> 0 @ k\nparameter k = 1"
    assert codes(text) == []
    (parameter,) = mscnet.loads(text).parameters
    assert (parameter.dimension, parameter.value) == (None, 1.0)


def test_a_phase_is_told_from_a_site() -> None:
    assert codes("A(aq) -> B @ k") == ["W303"]
    assert codes("A(l) + B(a) -> A(l!1).B(a!1) @ k") == []
    assert codes("molecule A(aq), B(c)\nA(aq) -> B(c) @ k") == []


DERIVED = """
species A(b~u) = 1 mM
common: A(b~u) -> A(b~q) @ kc
pathway p { bind: A(b~u) -> A(b~p) @ k1 ; back: A(b~p) -> A(b~u) @ k2 ; observable P = molecules A(b~p) }
pathway q = p with { k2 = 0 } without common
pathway r = p with { bind: A(b~u) -> A(b~q) @ k1 ; k1 = 5 /s }
parameter k1 = 1 /s, k2 = 2 /s, kc = 3 /s
"""


def test_a_derived_pathway_has_the_rules_of_its_bases() -> None:
    mechanism = mscnet.loads(DERIVED)
    one, other = (mechanism.with_pathway(name).structure for name in "qr")
    assert one is not None
    assert other is not None
    assert [rule_text(rule) for rule in one.rules] == ["A(b~u) -> A(b~p)"]
    assert [count.name for count in one.counts] == ["P"]
    assert {rule_text(rule) for rule in other.rules} == {"A(b~u) -> A(b~q)", "A(b~p) -> A(b~u)"}
    assert sorted(rule.name for rule in other.rules) == ["back", "bind", "common"]


def test_a_file_with_derived_pathways_is_written_out() -> None:
    from mscnet.interop.mech_file import write

    one = mscnet.loads(DERIVED)
    other = mscnet.loads("\n".join(write(one)) + "\n")
    for name in "pqr":
        models = [mechanism.with_pathway(name).structure for mechanism in (one, other)]
        texts = [sorted(rule_text(rule) for rule in found.rules) for found in models if found is not None]
        assert texts[0] == texts[1]
    assert not diff(one, other)


def test_made_up_rules_keep_their_meaning_in_other_layout_and_other_words() -> None:
    from random import Random

    from mscnet.interop.mech_file import write
    from tests.fuzz.rules import rules
    from tests.fuzz.world import World

    right = 0
    for seed in range(60):
        text = rules(World(Random(seed))) + "\n"
        one = check_text(text).mechanism
        if one is None:
            continue
        right += 1
        laid = format_text(text)
        assert format_text(laid) == laid
        assert mscnet.loads(laid).structure == one.structure
        other = mscnet.loads("\n".join(write(one)) + "\n")
        assert other.structure == one.structure
        assert not diff(one, other)
    assert right > 30


def test_rules_are_left_out_by_name_with_both_directions() -> None:
    one = mscnet.loads("species A(b) = 1\nx: A(b) -> 0 @ k\ny: A(b) + A(b) <-> A(b!1).A(b!1) @ k1, k2").without("y")
    assert one.structure is not None
    assert [rule.name for rule in one.structure.rules] == ["x"]


@pytest.mark.parametrize("again", ["A(b, s~u)", "A(s~u, b)"])
def test_a_species_has_one_initial_value_however_it_is_written(again: str) -> None:
    text = f"molecule A(s~u~p, b)\nspecies A(s~u, b) = 1 mM\nspecies {again} = 2 mM\nA(s~u) -> A(s~p) @ k"
    (found,) = [finding for finding in check_text(text).diagnostics if finding.severity == "error"]
    assert (found.code, found.span.line, found.related[0].span.line) == ("E011", 3, 2)


@pytest.mark.parametrize("again", ["A(b, s~u)", "A(s~u, b)"])
def test_a_species_has_one_initial_value_without_rules_too(again: str) -> None:
    text = f"molecule A(s~u~p, b)\nspecies A(s~u, b) = 1 mM\nspecies {again} = 2 mM\nobservable N = molecules A()"
    assert ("E011", 3) in [(d.code, d.span.line) for d in check_text(text).diagnostics if d.span]


HEAD = "molecule A(b, b, s~u~p), B(a)\nspecies A(b, b, s~u) = 1, B(a) = 1\nA(b) + B(a) -> A(b!1).B(a!1) @ 1\n"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("A(b) -> A(b) @ 1", "W063", "changes nothing"),
        ("A(s~u) + B() -> B() + A(s~u) @ 1", "W063", "changes nothing"),
        ("A(b) + B(a) -> A(b!1).B(a!1) @ 2", "W064", "there already"),
        ("A -> 0 @ 1", "W304", "`A` without brackets"),
        ("species B = 3", "W304", "`B` without brackets"),
        ("A(s~u) -> A(s~p) @ k TotalRate", "E002", "`TotalRate`"),
        ("A(s~u) -> 0 @ k DeleteMolecule", "E002", "`DeleteMolecule`"),
        ("for s in Te, Se { A(s~u) -> A(s~p) @ 1 }", "E304", "no site `Te`"),
        ("at t = 1 { A(s~u) += 1 }", "E090", "an event that sets a structured species"),
        ("x = [A]", "E010", "unknown species `A`"),
    ],
)
def test_what_is_most_likely_a_slip_is_told(line: str, code: str, said: str) -> None:
    found = [d for d in check_text(HEAD + line).diagnostics if d.code not in ("W065", "W300")]
    assert [d.code for d in found if said in d.message][:1] == [code]
    assert all(d.hint for d in found)


@pytest.mark.parametrize(
    "line", ["A(s~?) -> A(s~p) @ 1", "A(s~u) -> A(s~u) + B(a) @ 1", "A() -> 0 @ 1 DeleteMolecules", "P -> 0 @ 1"]
)
def test_rules_that_do_something_are_no_slips(line: str) -> None:
    assert check_text(HEAD.replace("B(a)\n", "B(a), P()\n") + "0 -> P @ 1\n" + line).diagnostics == ()


def test_match_once_stands_in_front_as_in_bngl_or_behind() -> None:
    text = "molecule A(b, b)\nspecies A(b, b) = 1\nA(b) + A(b) -> A(b!1).A(b!1) @ 1\n{} -> A(b) + A(b) @ 1\n"
    text += "option max_agg = 3"
    front, behind = (mscnet.loads(text.format(p)) for p in ("{MatchOnce}A(b!1).A(b!1)", "A(b!1).A(b!1){MatchOnce}"))
    assert front.structure == behind.structure
    # a chain of three holds two bonds, either of which may open once: 1/2 for the two equal halves of the pattern
    assert [r.law for r in front.expanded.reactions] == [r.law for r in behind.expanded.reactions]


def test_thousands_of_equal_sites_and_states_take_moments() -> None:
    """Each took time as its square: 37 s for 10,000 equal sites, minutes for a rule each of 20,000 states."""
    sites, states = ", ".join("b" * 4000), "~".join(f"v{i}" for i in range(3000))
    text = f"molecule A({sites}), S(s~{states})\nspecies A() = 1, S(s~v0) = 1\n0 -> A(b!1, b!1, {sites[6:]}) @ 1\n"
    text += "\n".join(f"S(s~v{i}) -> S(s~v{i + 1}) @ 1" for i in range(0, 2999, 100))
    begun = process_time()
    assert not [d for d in check_text(text).diagnostics if d.severity == "error"]
    assert process_time() - begun < 10.0
