"""The compiled engine gives what the one in Python gives; limits, interrupts and hard cases of symmetry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import factorial

import pytest

from mscnet.diagnostics import MechanismError
from mscnet.kernels import core
from mscnet.mechanism.expression import Number, Symbol
from mscnet.mechanism.structure import Count, Limits, Seed, Structure
from mscnet.mechanism.structure_text import pattern_text
from mscnet.mechanism.types import RateLaw
from mscnet.records import replace
from mscnet.rules.compiled import Found, available, tallies
from mscnet.rules.counting import Counter
from mscnet.rules.generate import generate, seeds_of
from mscnet.rules.generated import Generated
from mscnet.rules.graph import Vocabulary, pattern_graph, seed_graph
from mscnet.rules.match import counter
from mscnet.rules.tables import NOTHING, kind_tables, limit_tables, packed, rule_tables, table
from mscnet.rules.transform import compile_rule
from tests.rules.complexes import chain, crown, ladder, ring, seeds, species, star
from tests.rules.random_structures import Maker, PlacedMaker
from tests.rules.reading import pattern, structure

pytestmark = pytest.mark.skipif(core() is None, reason="there are no compiled kernels")


def both(model: Structure, limits: Limits | None = None) -> tuple[Generated, Generated]:
    """What the two engines give, after it has been compared: all is the same, but perhaps for its order."""
    compiled, python = (generate(model, limits, engine=engine) for engine in ("compiled", "python"))  # type: ignore[arg-type]
    assert list(map(pattern_text, compiled.species)) == list(compiled.texts)
    assert (compiled.ending, compiled.iterations) == (python.ending, python.iterations)
    assert [compiled.texts[at] for at in compiled.seeds] == [python.texts[at] for at in python.seeds]
    # Which species come last before a limit hangs on their order.
    if compiled.ending not in ("species", "reactions"):
        assert sorted(compiled.texts) == sorted(python.texts)
        assert network(compiled) == network(python)
    return compiled, python


def network(generated: Generated) -> dict[tuple[object, ...], Fraction]:
    """All events with their factors, by texts, whatever molecules they are tagged with."""
    factors: defaultdict[tuple[object, ...], Fraction] = defaultdict(Fraction)
    texts = generated.texts
    for event in generated.events:
        left, right = (tuple(sorted(texts[at] for at in side)) for side in (event.reactants, event.products))
        factors[event.rule, left, right, tuple(texts[species] for species, _ in event.tags)] += event.factor
    return dict(factors)


def made_at_random(maker: type[Maker], first: int, last: int) -> None:
    """Structures that both engines accept give one network; what the one refuses the other does too."""
    for seed in range(first, last):
        model = maker(seed).structure()
        try:
            generate(model, engine="compiled")
        except MechanismError:
            with pytest.raises(MechanismError):
                generate(model, engine="python")
        else:
            both(model)


def test_both_engines_give_one_network() -> None:
    made_at_random(Maker, 0, 60)


def test_both_engines_give_one_network_in_compartments() -> None:
    made_at_random(PlacedMaker, 0, 40)


@pytest.mark.slow
@pytest.mark.parametrize("maker", [Maker, PlacedMaker])
def test_both_engines_give_one_network_of_many_more_structures(maker: type[Maker]) -> None:
    made_at_random(maker, 60, 400)


def test_what_local_functions_look_at_is_the_same() -> None:
    """Which of two molecules that are alike is meant may differ; what counts in it may not."""
    model = structure(["A(l,r)"], ["A(l,r)"], ["A%x(r) + A(l) -> A%x(r!1).A(l!1)", "%y:A(r!1).A(l!1) -> A(r) + A(l)"])
    looks = [RateLaw("mass_action", Symbol(f"Bound({label})", "local")) for label in "xy"]
    model = replace(model, rules=tuple(replace(rule, law=law) for rule, law in zip(model.rules, looks, strict=True)))
    compiled, python = both(model, Limits(molecules=6))
    bound = Counter(Count("Bound", "molecules", (pattern("A(l!+)"),)), Vocabulary.of(model))
    seen = []
    for generated in (compiled, python):
        found: defaultdict[tuple[object, ...], Fraction] = defaultdict(Fraction)
        for event in generated.events:
            ((species, molecule),) = event.tags
            graph = seed_graph(generated.species[species], Vocabulary.of(model))
            counted = bound.in_species(graph) if molecule < 0 else bound.in_molecule(graph, molecule)
            found[event.rule, species, event.products, counted] += event.factor
        seen.append(found)
    assert seen[0] == seen[1]


# --- symmetry -------------------------------------------------------------------------------------


SHAPES = {
    "chain of 200": (chain(200), 2),
    "ring of 200": (ring(200), 2),
    "star of 12 arms": (star(12, 3), 12),
    "prism of 60": (ladder(60), 3),
    "ring of 60 with two arms at each": (crown(60), 4),
    "hypercube": ([(at, "x", at ^ bit, "x") for at in range(32) for bit in (1, 2, 4, 8, 16) if not at & bit], 5),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_symmetric_species_is_one_in_whatever_order_it_is_written(name: str) -> None:
    bonds, sites = SHAPES[name]
    model = seeds([species(bonds, sites, number) for number in range(6)], sites)
    assert len(generate(model, engine="compiled").texts) == 1


def test_species_that_colours_alone_do_not_tell_apart_are_two() -> None:
    """A prism and a Möbius ladder: every molecule of both holds three others."""
    moebius = [*ring(12), *((at, "x", at + 6, "x") for at in range(6))]
    model = seeds([species(bonds, 3, number) for bonds in (ladder(6), moebius) for number in range(4)], 3)
    assert generate(model, engine="compiled").seeds == (0, 0, 0, 0, 1, 1, 1, 1)


def test_rings_of_one_size_but_another_order_are_two() -> None:
    seed_lines = ["A(l!1,r!2).A(l!2,r!3).B(l!3,r!4).B(l!4,r!1)", "A(l!1,r!2).B(l!2,r!3).A(l!3,r!4).B(l!4,r!1)"]
    both(structure(["A(l,r)", "B(l,r)"], seed_lines, ["A(r!1).B(l!1) -> A(r) + B(l)", "A(r) + A(l) -> A(r!1).A(l!1)"]))


def test_equal_arms_are_bound_one_by_one_and_counted_by_their_number() -> None:
    """A middle with 12 equal sites: the arm that binds next has as many ways as there are free sites."""
    middle = f"C({','.join(['s'] * 12)})"
    generated = generate(structure([middle, "A(c)"], [middle, "A(c)"], ["C(s) + A(c) <-> C(s!1).A(c!1)"]))
    binding = sorted(event.factor for event in generated.events if event.rule == 0)
    parting = sorted(event.factor for event in generated.events if event.rule == 1)
    assert (len(generated.texts), binding, parting) == (14, list(range(1, 13)), list(range(1, 13)))


def test_many_equal_sites_that_change_at_once_are_chosen_in_as_many_ways_as_there_are_sets_of_them() -> None:
    states = ",".join(["s~u~p"] * 12)
    six = [",".join([f"s~{state}"] * 6) for state in "up"]
    seed = ",".join(["s~u"] * 12)
    generated = generate(
        structure([f"C({states})"], [f"C({seed})"], [f"C({six[0]}) -> C({six[1]})"]), engine="compiled"
    )
    assert [event.factor for event in generated.events] == [924, 1]  # 12 over 6


# --- counting -------------------------------------------------------------------------------------


def test_patterns_count_alike_in_both_engines() -> None:
    for seed in range(12):
        model = Maker(seed).structure()
        try:
            generated = generate(model, engine="compiled")
        except MechanismError:
            continue
        found = generated.species
        assert isinstance(found, Found)
        vocabulary = Vocabulary.of(model)
        patterns = [each for rule in model.rules for each in (*rule.reactants, *rule.products) if each.molecules]
        graphs = [pattern_graph(each, vocabulary) for each in (*patterns, *found[-2:])]
        counters = [counter(graph) for graph in graphs]
        expected = [[one.count(found.graph(at)) for at in range(len(found))] for one in counters]
        assert tallies(found, graphs).tolist() == expected
        assert tallies(found, graphs, exists=True).tolist() == [[int(n > 0) for n in row] for row in expected]


def test_arms_of_a_pattern_are_counted_without_trying_all_their_orders() -> None:
    sites = ",".join(f"s!{at}" for at in range(1, 13))
    full = f"C({sites})" + "".join(f".A(c!{at})" for at in range(1, 13))
    model = structure([f"C({','.join(['s'] * 12)})", "A(c)"], [full], [])
    generated = generate(model, engine="compiled")
    two = "C(s!1,s!2).A(c!1).A(c!2)"
    graphs = [pattern_graph(pattern(text), Vocabulary.of(model)) for text in (full, two)]
    assert isinstance(generated.species, Found)
    assert tallies(generated.species, graphs).tolist() == [[factorial(12)], [132]]


# --- endings --------------------------------------------------------------------------------------

GROWING = structure(["A(l,r)"], ["A(l,r)"], ["A(r) + A(l) <-> A(r!1).A(l!1)"])


@pytest.mark.parametrize(
    ("limits", "ending", "species"),
    [
        (Limits(iterations=3), "iterations", 8),
        (Limits(molecules=5), "molecules", 5),
        (Limits(of_type=(("A", 4),)), "molecules", 4),
        (Limits(species=7), "species", 7),
        (Limits(iterations=0), "iterations", 1),
    ],
)
def test_generation_ends_at_a_limit(limits: Limits, ending: str, species: int) -> None:
    generated = generate(GROWING, limits, engine="compiled")
    assert (generated.ending, len(generated.texts)) == (ending, species)
    assert generated.texts[generated.growing[0]].count("A(") == max(text.count("A(") for text in generated.texts)


@pytest.mark.parametrize("limits", [Limits(molecules=2), Limits(of_type=(("A", 2),)), Limits(20, 3, (("A", 2),))])
def test_pairs_that_a_limit_leaves_out_are_as_if_tried(limits: Limits) -> None:
    """Eight states of a molecule in chains of two: 8 + 64 species, too many to be passed over at once."""
    states = [f"s{i}" for i in range(3)]
    flips = [f"A({state}~u) -> A({state}~p)" for state in states]
    model = structure(
        [f"A(l,r,{','.join(f'{state}~u~p' for state in states)})"],
        [f"A(l,r,{','.join(f'{state}~u' for state in states)})"],
        [*flips, "A(l) + A(r) -> A(l!1).A(r!1)"],
    )
    compiled, python = both(model, limits)
    assert (compiled.ending, len(compiled.texts)) == ("molecules", 72)
    assert [compiled.texts[at].count("A(") for at in compiled.growing] == [2, 2, 2]
    assert len(python.growing) == 3


def test_generation_ends_at_a_number_of_reactions() -> None:
    generated = generate(GROWING, Limits(reactions=10), engine="compiled")
    assert (generated.ending, len(generated.events)) == ("reactions", 10)


def test_an_interrupt_keeps_what_is_there() -> None:
    told: list[tuple[int, int, int]] = []

    def progress(rounds: int, species: int, reactions: int) -> None:
        told.append((rounds, species, reactions))
        if rounds == 5:
            raise KeyboardInterrupt

    generated = generate(GROWING, Limits(), progress=progress, engine="compiled")
    assert generated.ending == "interrupted"
    assert (len(generated.texts), len(generated.events)) == told[-1][1:]
    assert len(generated.texts) > 5


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no alarm clock")
def test_a_long_search_is_interrupted_too() -> None:
    """Eight molecules of a complex of eighty, in any order: 80 · 79 · … · 73 matches."""
    model = structure(["A(l,r)"], [], ["A(r) + A(l) <-> A(r!1).A(l!1)"])
    ends = [("l", "r!1"), *((f"l!{at}", f"r!{at + 1}") for at in range(1, 79)), ("l!79", "r")]
    chained = ".".join(f"A({left},{right})" for left, right in ends)
    found = generate(replace(model, seeds=(Seed(pattern(chained), Number(Fraction(1))),)), Limits(iterations=0)).species
    assert isinstance(found, Found)
    with pytest.raises(TimeoutError), time_limit(0.5):
        tallies(found, [pattern_graph(pattern(".".join(["A()"] * 8)), Vocabulary.of(model))])


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in what takes longer."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_what_progress_raises_is_passed_on() -> None:
    def progress(*_: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        generate(GROWING, Limits(), progress=progress, engine="compiled")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by a call of Linux")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="a sanitizer needs all the memory there is")
def test_want_of_memory_is_an_error_and_no_crash() -> None:
    code = """
import resource
from pathlib import Path
from mscnet.mechanism.structure import Limits
from mscnet.rules.generate import generate
from tests.rules.reading import structure
names = [f"s{at}" for at in range(17)]
kind, seed = (",".join(name + states for name in names) for states in ("~u~p", "~u"))
model = structure([f"S({kind})"], [f"S({seed})"], [f"S({name}~u) -> S({name}~p)" for name in names])
generate(model, Limits(iterations=1), engine="compiled")
now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
for more in (10, 20, 40):
    resource.setrlimit(resource.RLIMIT_AS, (now + more * 2**20, resource.RLIM_INFINITY))
    try:
        generate(model, Limits(), engine="compiled")
    except MemoryError:
        print("want of memory")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, 3 * "want of memory\n"), done.stderr


# --- tables ---------------------------------------------------------------------------------------


def test_tables_that_lead_nowhere_are_refused() -> None:
    """Each word of each table in turn is one that cannot be; nothing is read outside of a table."""
    kernels = core()
    model = structure(
        ["A(l,r,r~u~p)", "B(x)"],
        ["A(l!1,r,r~u).B(x!1)"],
        ["A(r) + B(x) <-> A(r!1).B(x!1)", "A(r~u) -> A(r~p)", "A(l!1).B(x!1) -> A(l) + B(x)", "0 -> B(x)"],
    )
    vocabulary = Vocabulary.of(model)
    rules = [compile_rule(rule, vocabulary) for rule in model.rules]
    tables = {
        **kind_tables(vocabulary),
        **rule_tables(rules, [False] * len(rules), vocabulary),
        **limit_tables(Limits(iterations=3), vocabulary),
        "seeds": table(word for seed in seeds_of(model, vocabulary) for word in packed(seed)),
    }
    kernels.generate(tables, lambda *_: None)  # type: ignore[union-attr]
    refused = 0
    for name, words in tables.items():
        if isinstance(words, int):
            continue
        for at in range(len(words)):
            for wrong in (7, 1000, NOTHING - 1):
                changed = words.copy()
                changed[at] = wrong
                try:
                    kernels.generate({**tables, name: changed}, lambda *_: None)  # type: ignore[union-attr]
                except ValueError:
                    refused += 1
        with pytest.raises((ValueError, KeyError, TypeError)):
            kernels.generate({**tables, name: words.astype(float)}, lambda *_: None)  # type: ignore[union-attr]
    assert refused > 300


def test_what_the_compiled_engine_does_not_know_is_left_to_the_other() -> None:
    """Sites that hold several bonds."""
    model = structure(["A(x)", "B(a)"], ["A(x)", "B(a)"], ["A(x!1).B(a!1) + B(a) -> A(x!1!2).B(a!1).B(a!2)"])
    assert not available(model)
    with pytest.raises(ValueError, match="several bonds"):
        generate(model, engine="compiled")
    assert available(GROWING)
