"""Whatever a text holds, reading it ends soon, in findings that can be shown, each at a place in the text."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import strategies as st

from mscnet.diagnostics import Diagnostic, Span
from mscnet.language import CheckResult, check_bytes, check_text
from tests.properties.holds import holds
from tests.strategies.corpus import CORPUS
from tests.strategies.mechanisms import SEEDS, models, styles
from tests.strategies.mutations import mutate, mutate_bytes
from tests.strategies.render import render

SECONDS = 5.0


def assert_presentable(result: CheckResult) -> None:
    """Every finding can be printed for people and for machines, and points into its text."""
    for finding in result.diagnostics:
        assert finding.message.strip()
        assert finding.code in finding.render()
        assert finding.as_dict()["severity"] in ("error", "warning", "note")
        for span in spans(finding):
            assert 0 <= span.start < span.end <= len(span.source.text) + 1
            assert 1 <= span.line <= span.end_line <= span.source.text.count("\n") + 1
    failed = any(finding.severity == "error" for finding in result.diagnostics)
    assert failed == (result.mechanism is None)


def spans(finding: Diagnostic) -> list[Span]:
    own = [] if finding.span is None else [finding.span]
    return own + [related.span for related in finding.related]


@pytest.mark.parametrize("block", range(8))
def test_damaged_texts(block: int, effort: int) -> None:
    random = Random(block)
    for _ in range(50 * effort):
        text = mutate(random, random.choice(CORPUS))
        begun = time.process_time()
        assert_presentable(check_text(text))
        assert time.process_time() - begun < SECONDS


def test_damaged_bytes(effort: int) -> None:
    random = Random(8)
    for _ in range(50 * effort):
        assert_presentable(check_bytes(mutate_bytes(random, random.choice(CORPUS)), "case.mech"))


def test_damaged_random_mechanisms(effort: int) -> None:
    def check(data: st.DataObject, seed: int) -> None:
        model = data.draw(models(complete=False))
        text = render(model, data.draw(styles(model)))
        assert_presentable(check_text(mutate(Random(seed), text)))

    holds(check, 25 * effort, st.data(), SEEDS)


def test_any_text(effort: int) -> None:
    def check(text: str) -> None:
        assert_presentable(check_text(text))

    holds(check, 50 * effort, st.text(max_size=200))


def test_any_bytes(effort: int) -> None:
    def check(data: bytes) -> None:
        assert_presentable(check_bytes(data, "case.mech"))

    holds(check, 50 * effort, st.binary(max_size=200))


#: What once ended in a traceback or did not end, and its kin.
NASTY = {
    "calls to the limit": "y = " + "exp(" * 199 + "1" + ")" * 199 + "\nA -> B @ k*y",
    "differences to the limit": "y = " + "1-(" * 180 + "1" + ")" * 180 + "\nA -> B @ k*y",
    "conditions to the limit": "A -> B @ k*" + "if(t < 1 s, 1, " * 195 + "1" + ")" * 195,
    "powers to the limit": "y = " + "2^" * 199 + "1\nA -> B @ k*y",
    "signs": "A -> B @ " + "-" * 5000 + "k",
    "brackets beyond the limit": "A -> B @ " + "(" * 10_000 + "k" + ")" * 10_000,
    "blocks beyond the limit": "pathway a { " * 10_000,
    "a deep function of a deep argument": "function f(x) = " + "exp(" * 180 + "x" + ")" * 180
    + "\nA -> B @ k*f(" + "exp(" * 180 + "1" + ")" * 180 + ")",
    "functions that double": "function g(x) = x*x\nfunction h(x) = g(g(g(g(g(g(g(g(x))))))))\n"
    "function i2(x) = h(h(h(x)))\nA -> B @ k*i2(2)",
    "derived values that double": "a0 = t + t\n" + "".join(f"a{i + 1} = a{i}*a{i}\n" for i in range(60))
    + "A -> B @ k*a60",
    "a chain of derived values": "".join(f"b{i} = b{i + 1} + 1\n" for i in range(3000)) + "b3000 = 2\nA -> B @ k*b0",
    "a ring of derived values": "".join(f"b{i} = b{(i + 1) % 3000} + 1\n" for i in range(3000)) + "A -> B @ k*b0",
    "a tower of powers": "parameter k = ((1e300^1000)^1000)^1000\nA -> B @ k",
    "a tower in a coefficient": "((9e200^1000)^500) A -> B rate 1",
    "a tower in an order": "A -> B @ k order A^((1e300^1000)^500)",
    "a value beyond floats": "units concentration = nM\nparameter k = 1e300 M\nA -> B @ k*[A]",
    "a product beyond floats": "parameter k = 1e300*1e300 in 1 .. 1e200*1e200\nA -> B @ k",
    "a time beyond floats": "units time = ms\noption t_end = 1e300 yr\nA -> B @ k",
    "a unit beyond floats": "parameter z = 1" + "/mM" * 110 + "\nA -> B @ k",
    "a large count": "(2^1000) A -> B @ k",
    "an exponent of parameters": "parameter a, b, c, d\nA -> B @ k*[A]^(" + "*".join(["(a+b+c+d)"] * 12) + ")",
    "many alike": "A -> B @ k\n" * 3000,
    "a long sum": "A -> B @ " + " + ".join(["k"] * 5000),
    "a long product": "A -> B @ " + "*".join(["k"] * 5000),
    "a long chain": " -> ".join(["A", "B"] * 2000),
    "a long side": " + ".join(["A"] * 5000) + " -> B @ k",
    "long names": "A" * 100_000 + " -> B @ " + "k" * 100_000,
    "a long number": "A -> B @ 0." + "1" * 100_000,
    "many unknown names": "\n".join(f"y{i} = unknown_name_{i}" for i in range(300)) + "\nA -> B @ k",
    "quotes": '"' * 5000,
    "semicolons": ";" * 100_000,
    "long words before slips": ("parameter k = 0.1 " + "mM" * 5000 + ">-1\n") * 60,
    "continuations": "A" + "\n#\n" * 5000 + "-> B",
    "a formula": "species A of " + "(" * 5000 + "H",
    "a charge": "A^" + "9" * 5000 + "+ -> B",
}  # fmt: skip


@pytest.mark.parametrize("case", NASTY)
def test_nasty_texts(case: str) -> None:
    begun = time.process_time()
    assert_presentable(check_text(NASTY[case]))
    assert time.process_time() - begun < SECONDS


def test_a_message_is_one_line_where_its_statement_is_many() -> None:
    (finding,) = check_text("A + \n \n \n B").diagnostics
    assert finding.message == "`A + B` is not a statement"
