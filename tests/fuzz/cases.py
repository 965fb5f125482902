"""The cases: number `index` of a `seed` is always the same text."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.fuzz import corpus
from tests.fuzz.bench import BENCH_MAKERS
from tests.fuzz.damage import a_thousand_times, damaged, damaged_bytes
from tests.fuzz.grammar import deriver
from tests.fuzz.kinds import RIGHT, WRONG
from tests.fuzz.statements import MAKERS
from tests.fuzz.world import World
from tests.strategies.untidy import untidy


@dataclass(frozen=True)
class Case:
    """One text: how it was made, and its bytes."""

    kind: str
    data: bytes


def program(random: Random) -> str:
    """A made-up program, right in most cases."""
    w = World(random)
    if random.random() < 0.8:
        volume = ", volume = mL" if random.random() < 0.5 else ""
        w.lines.append(f"units time = {w.time}, concentration = {w.level}{volume}")
    else:
        w.time, w.level = "s", "M"
    w.lines.append("parameter n9 = 2, h9 = 2.5")
    makers = list(MAKERS)
    if random.random() < 0.45:
        makers += BENCH_MAKERS
    functions, weights = [m for m, _ in makers], [n for _, n in makers]
    for _ in range(random.choice((1, 2, 3, 5, 8, 14))):
        line = random.choices(functions, weights)[0](w)
        if line:
            w.lines.append(line)
    units, rest = w.lines[:1], w.lines[1:]
    if random.random() < 0.3:
        random.shuffle(rest)
    return "\n".join(units + rest) + "\n"


def mixed(random: Random) -> str:
    """Lines of several texts together."""
    texts = corpus.texts()
    base = random.choice(texts).splitlines()[:60]
    for _ in range(random.randint(1, 6)):
        base.insert(random.randrange(len(base) + 1), random.choice(corpus.lines()))
    return "\n".join(base) + "\n"


def halves(random: Random) -> str:
    """The beginning of one text and the end of another."""
    a, b = random.choice(corpus.texts()), random.choice(corpus.texts())
    return a[: random.randrange(len(a) + 1)] + b[random.randrange(len(b) + 1) :]


def of_a_kind(random: Random) -> str:
    every = {**RIGHT, **WRONG}
    text = every[random.choice(list(every))](random.choice((1, 2, 3, 10, 30)))
    return text if random.random() < 0.4 else damaged(random, text)


def written(random: Random) -> str:
    text = random.choice(corpus.texts())
    if random.random() < 0.2:
        try:
            return untidy(random, text)
        except AssertionError:  # it is in no layout that can be told
            pass
    return damaged(random, text)


def derived(random: Random) -> str:
    return deriver().text(random, random.choice((1, 1, 2, 4)))


_KINDS = {
    "program": (program, 36),
    "damaged program": (lambda r: damaged(r, program(r)), 20),
    "derived from the grammar": (derived, 10),
    "damaged text": (written, 16),
    "lines of several texts": (mixed, 7),
    "halves of two texts": (halves, 3),
    "of a kind": (of_a_kind, 4),
    "a thousand times": (lambda r: a_thousand_times(r, r.choice((program, written))(r)), 0.5),
}


def case(seed: int, index: int) -> Case:
    """Case `index` (from 0) of a seed."""
    random = Random(f"{seed}/{index}")
    if random.random() < 0.03:
        text = random.choice((program, written))(random)
        return Case("damaged bytes", damaged_bytes(random, text))
    kind = random.choices(list(_KINDS), [weight for _, weight in _KINDS.values()])[0]
    return Case(kind, _KINDS[kind][0](random).encode("utf-8", "surrogatepass"))
