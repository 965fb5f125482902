"""Every number under "Limits" of the language's page: what is just within is read, what is just beyond is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mscnet
from mscnet import MechanismError
from mscnet.language import check_text

MB = 1024 * 1024


def errors(text: str) -> list[str]:
    return [found.code for found in check_text(text).diagnostics if found.severity == "error"]


def notes(text: str) -> list[str]:
    """What a strict check notes."""
    return [found.code for found in check_text(text, strict=True).diagnostics if found.severity == "note"]


def wrapped(times: int, begin: str, text: str, end: str) -> str:
    return begin * times + text + end * times


def bench(step: str, loops: str = "", more: str = "") -> str:
    return f"A -> B @ 1\nsolution S {{ A = 1 }}\n{more}\nexperiment e{loops} {{ mix 1 mL S\n{step} }}"


#: What is limited: the largest size, a text of a size, and the code of the error for one more.
LIMITS: dict[str, tuple[int, Callable[[int], str], str]] = {
    "brackets": (200, lambda n: f"y = {wrapped(n, '(', '1', ')')}\nA -> B @ k*y", "E004"),
    "blocks": (200, lambda n: "".join(f"for i{j} in 1 .. 1 {{ " for j in range(n)) + "}" * n, "E004"),
    "levels of an expression": (200, lambda n: f"y = {'2^' * (n - 1)}1\nA -> B @ k*y", "E004"),
    "numbers and operations": (20_000, lambda n: f"y = sum(n for n in 1 .. {n - 1})\nA -> B @ k*y", "E004"),
    "characters of a number": (200, lambda n: f"A -> B @ 0.{'1' * (n - 2)}", "E005"),
    "large exponents": (300, lambda n: f"A -> B @ 1e{n}", "E005"),
    "small exponents": (300, lambda n: f"A -> B @ 1e-{n}", "E005"),
    "powers of units": (30, lambda n: f"parameter k = 1 mM^-{n}\nA -> B @ 1", "E013"),
    "counts in a formula": (10**6, lambda n: f"species A of H{n}\nA -> 0 @ 1", "E019"),
    "brackets of a formula": (20, lambda n: f"species A of {wrapped(n, '(', 'H', ')')}\nA -> 0 @ 1", "E019"),
    "an index": (10**9, lambda n: f"A[{n}] -> B @ k", "E212"),
    "an end of a range": (10**9, lambda n: f"A[n] -> B @ k for n in {n} .. {n}", "E212"),
    "wavelengths": (100_000, lambda n: bench(f"measure s = spectrum(1 nm .. {n} nm step 1 nm)"), "E081"),
    "readings": (10**6, lambda n: bench(f"measure [A] every 1 s for {n - 1} s"), "E081"),
    "steps": (10_000, lambda n: bench(f"repeat {n - 1} {{ hold 1 s }}"), "E081"),
    "conditions": (10_000, lambda n: bench("hold v*(1 s)", f" for v in 1 .. {n}"), "E081"),
}


@pytest.mark.parametrize("what", LIMITS)
def test_the_largest_is_read(what: str) -> None:
    size, text, _ = LIMITS[what]
    assert errors(text(size)) == []


@pytest.mark.parametrize("what", LIMITS)
def test_one_more_is_refused(what: str) -> None:
    size, text, code = LIMITS[what]
    assert errors(text(size + 1)) == [code]


def test_so_many_syntax_errors_are_told() -> None:
    assert len(errors("A -> -> B\n" * 50)) == 50
    found = check_text("A -> -> B\n" * 60).diagnostics
    assert len(found) == 51
    assert "more than 50 syntax errors" in found[-1].message


# --- files --------------------------------------------------------------------------------------------------


def refused(path: Path) -> list[str]:
    return [found.code for found in mscnet.check(path).diagnostics if found.severity == "error"]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "codes"), [(64 * MB, []), (64 * MB + 1, ["E008"])])
def test_the_size_of_a_file(tmp_path: Path, size: int, codes: list[str]) -> None:
    line = "A -> B @ 1\n#"
    (tmp_path / "a.mech").write_text(line + "x" * (size - len(line)), encoding="utf-8")
    assert refused(tmp_path / "a.mech") == codes


@pytest.mark.slow
@pytest.mark.parametrize(("more", "codes"), [(0, []), (1, ["E223"])])
def test_the_size_of_all_files(tmp_path: Path, more: int, codes: list[str]) -> None:
    main, other = 'import "b.mech"\n#', "A -> B @ 1\n#"
    (tmp_path / "a.mech").write_text(main + "x" * (32 * MB - len(main)), encoding="utf-8")
    (tmp_path / "b.mech").write_text(other + "x" * (32 * MB + more - len(other)), encoding="utf-8")
    assert refused(tmp_path / "a.mech") == codes


@pytest.mark.parametrize(("depth", "codes"), [(50, []), (51, ["E223"])])
def test_the_depth_of_imports(tmp_path: Path, depth: int, codes: list[str]) -> None:
    for i in range(depth):
        (tmp_path / f"m{i}.mech").write_text(f'import "m{i + 1}.mech"\nA{i} -> B @ 1', encoding="utf-8")
    (tmp_path / f"m{depth}.mech").write_text("A -> B @ 1", encoding="utf-8")
    assert refused(tmp_path / "m0.mech") == codes


@pytest.mark.slow
@pytest.mark.parametrize(("count", "codes"), [(500, []), (501, ["E223"])])
def test_the_number_of_imported_files(tmp_path: Path, count: int, codes: list[str]) -> None:
    for i in range(count):
        (tmp_path / f"m{i}.mech").write_text(f"A{i} -> B @ 1", encoding="utf-8")
    lines = "\n".join(f'import "m{i}.mech"' for i in range(count))
    (tmp_path / "m.mech").write_text(lines + "\nA -> B @ 1", encoding="utf-8")
    assert refused(tmp_path / "m.mech") == codes


@pytest.mark.parametrize(("rows", "codes"), [(100_000, []), (100_001, ["E244"])])
def test_the_rows_of_a_table(tmp_path: Path, rows: int, codes: list[str]) -> None:
    (tmp_path / "t.csv").write_text("time,v\n" + "".join(f"{i},1\n" for i in range(rows)), encoding="utf-8")
    (tmp_path / "m.mech").write_text('0 -> A @ table "t.csv"', encoding="utf-8")
    assert refused(tmp_path / "m.mech") == codes


@pytest.mark.parametrize(("size", "codes"), [(20 * MB, []), (20 * MB + 1, ["E244"])])
def test_the_size_of_a_table(tmp_path: Path, size: int, codes: list[str]) -> None:
    text = "time,v\n0,1\n1,2"
    (tmp_path / "t.csv").write_text(text + " " * (size - len(text) - 1) + "\n", encoding="utf-8")
    (tmp_path / "m.mech").write_text('0 -> A @ table "t.csv"', encoding="utf-8")
    assert refused(tmp_path / "m.mech") == codes


# --- runs -----------------------------------------------------------------------------------------------------


def to_and_fro(times: int) -> str:
    """Two events that set each other off, so many times in all, once a third has begun."""
    return f"""
    option mass_action = power
    X -> Y @ 0
    species A, B, C
    at t = 1 s {{ A = 1 }}
    when [A] > 0.5 and [C] < {times - 1.5} {{ A = 0 ; B = 1 ; C += 1 }}
    when [B] > 0.5 and [C] < {times - 1.5} {{ B = 0 ; A = 1 ; C += 1 }}
    """


def test_events_at_one_time() -> None:
    run = mscnet.simulate(mscnet.loads(to_and_fro(1_000)), t_end=2.0, points=3)
    assert len(run.events) == 1_000
    with pytest.raises(mscnet.SimulationError, match="without end"):
        mscnet.simulate(mscnet.loads(to_and_fro(1_001)), t_end=2.0, points=3)


@pytest.mark.slow
def test_events_of_one_run() -> None:
    text = "A -> B @ 0\nevery 1 s { A += 1 mM }"
    assert len(mscnet.simulate(mscnet.loads(text), t_end=100_000.0, points=2).events) == 100_000
    with pytest.raises(Exception, match="100,000"):
        mscnet.simulate(mscnet.loads(text), t_end=100_001.0, points=2)


# --- large families -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_members_of_families() -> None:
    text = "parameter p[n] for n in 1 .. {}\nA -> B @ p[1]"
    assert errors(text.format(1_000_000)) == []
    assert errors(text.format(1_000_001)) == ["E213"]


@pytest.mark.slow
def test_turns_of_loops() -> None:
    text = "A[n] -> B @ k for n in 1 .. {} if n == 1"
    assert errors(text.format(10_000_000)) == []
    assert errors(text.format(10_000_001)) == ["E213"]


@pytest.mark.slow
def test_steps_among_which_loops_are_looked_for() -> None:
    tree = "A[n] <-> A[n+1] @ 1, 1 for n in 1 .. {}"
    assert "N232" not in notes(tree.format(20_000))
    assert "N232" in notes(tree.format(20_001))


@pytest.mark.slow
def test_steps_in_loops() -> None:
    ring = "A[n] <-> A[mod(n, {0}) + 1] @ k[n], kr[n] for n in 1 .. {0}"
    assert "N232" not in notes(ring.format(2_000))
    assert "N232" in notes(ring.format(2_001))


def test_an_exception_is_of_the_language() -> None:
    with pytest.raises(MechanismError):
        mscnet.loads(LIMITS["an index"][1](10**9 + 1))
