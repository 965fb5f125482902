"""Which alternatives of the grammar some texts use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mscnet.language import lalr
from mscnet.language.lark_tables import tables_of
from mscnet.language.recovery import lark_parser

#: A rule of the grammar with one of the symbols that it may hold; "" where it may hold nothing.
Alternative = tuple[str, str]


def _alternatives(rules: Iterable[Any]) -> Iterator[Alternative]:
    for rule in rules:
        for symbol in rule.expansion:
            if symbol.name != rule.origin.name:  # how often something may come again is no alternative
                yield rule.origin.name, symbol.name
        if not rule.expansion:
            yield rule.origin.name, ""


def every_alternative() -> set[Alternative]:
    """Every rule with every symbol that it may hold."""
    return set(_alternatives(lark_parser()[0].rules))


@contextmanager
def _counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, set[Any]]]:
    parser = lark_parser()[0]
    tables, rules = tables_of(parser), list(dict.fromkeys(parser.rules))
    reader = lalr._Reader(tables)
    number = {id(rule): rules[i] for i, rule in enumerate(reader.rules)}
    used: set[Any] = set()
    reduce = lalr._reduce

    def counted(rule: Any, *rest: Any) -> None:
        used.add(number[id(rule)])
        reduce(rule, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(lalr, "_Reader", lambda _: reader)
        patch.setattr(lalr, "_reduce", counted)
        yield tables, used


def alternatives_used(texts: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> set[Alternative]:
    """What the texts use of the grammar, those with a syntax error as far as they were read."""
    with _counting(monkeypatch) as (tables, used):
        for text in texts:
            try:
                lalr.parse(tables, text + "\n")
            except lalr.NotTaken:
                continue
    return set(_alternatives(used))
