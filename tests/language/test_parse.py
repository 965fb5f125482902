"""The quick reading of a text and Lark's are one: the same statements, and the same texts refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mscnet import assets
from mscnet.diagnostics import Source
from mscnet.language import lalr
from mscnet.language.parse import parse_file
from mscnet.language.recovery import parse_with_recovery
from tests.strategies.mutations import mutate

TEXTS = {name: assets.mechanism_text(name)[1] for name in assets.mechanism_names()}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> lalr.Tables:
    """The tables as a later process finds them."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("MSCNET_NO_CACHE", raising=False)
    lalr.known_tables.cache_clear()
    made = lalr.known_tables()
    lalr.known_tables.cache_clear()
    kept = lalr.known_tables()
    patch.undo()
    lalr.known_tables.cache_clear()
    assert kept is not None
    assert kept == made
    return kept


def quick(tables: lalr.Tables, text: str) -> object:
    """The statements, or None where the text is not taken."""
    try:
        return lalr.parse(tables, text + "\n")
    except lalr.NotTaken:
        return None


def slow(text: str) -> object:
    statements, findings = parse_with_recovery(Source("x", text))
    return None if findings else statements


@pytest.mark.parametrize("name", TEXTS)
def test_shipped_mechanisms_read_the_same(name: str, tables: lalr.Tables) -> None:
    statements = quick(tables, TEXTS[name])
    assert statements
    assert statements == slow(TEXTS[name])


@pytest.mark.parametrize("seed", range(40))
def test_changed_texts_read_the_same(seed: int, tables: lalr.Tables) -> None:
    chance = random.Random(seed)
    text = mutate(chance, chance.choice(list(TEXTS.values())))
    assert quick(tables, text) == slow(text)


def test_a_long_text_reads_the_same(tables: lalr.Tables) -> None:
    """Past the first tokens a lexer takes all its terminals at once."""
    text = "\n".join(f"step{i}: {i} A{i} + B <-> C -[D^2]-> A{i}  @ {i}.5 /mM/s, 2*k{i}  # no" for i in range(200))
    assert quick(tables, text) == slow(text)


@pytest.mark.parametrize("text", ["A -> B @ " + "(" * 300 + "1" + ")" * 300, "A -> B @ " + "-" * 5000 + "1"])
def test_what_nests_too_deep_is_left_to_the_one_that_explains(text: str) -> None:
    _, findings = parse_file(Source("x", text))
    assert [finding.code for finding in findings] == [
        finding.code for finding in parse_with_recovery(Source("x", text))[1]
    ]


def test_a_cache_that_is_no_table_is_made_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MSCNET_NO_CACHE", raising=False)
    lalr.known_tables.cache_clear()
    lalr.known_tables()
    (file,) = (tmp_path / "mscnet").glob("*.tables*")
    file.write_bytes(file.read_bytes()[:100])
    lalr.known_tables.cache_clear()
    again = lalr.known_tables()
    lalr.known_tables.cache_clear()
    assert again is not None
    assert quick(again, "A -> B") == slow("A -> B")
