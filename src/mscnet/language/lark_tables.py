"""A parser of Lark's as plain data: see `lalr`."""

from __future__ import annotations

from typing import Any

from lark import Lark
from lark.lexer import UnlessCallback
from lark.parsers.lalr_analysis import Shift


def tables_of(parser: Lark, starts: tuple[str, ...] = ("file",)) -> dict[str, Any]:
    """States, rules and lexers of an LALR parser with a contextual lexer, in lists, dictionaries and texts.

    An action is the next state, or -1 - r for rule r; a rule is (origin, length, action or None where it is a helper,
    whether a single part stands for itself, the parts that are helpers).  `starts` are the rules that a text may be.
    """
    front: Any = parser.parser
    table = front.parser._parse_table
    rules: list[Any] = list(dict.fromkeys(parser.rules))
    number = {rule: i for i, rule in enumerate(rules)}
    order = {state: i for i, state in enumerate(table.states)}
    states = [
        {
            symbol: order[argument] if action is Shift else -1 - number[argument]
            for symbol, (action, argument) in actions.items()
        }
        for actions in table.states.values()
    ]
    contextual = getattr(front.lexer, "lexer", front.lexer)  # a filter of newlines stands before it
    distinct: list[Any] = list(dict.fromkeys(contextual.lexers.values()))
    return {
        "states": states,
        "rules": [_rule(rule) for rule in rules],
        "lexers": [_lexer(lexer) for lexer in distinct],
        "lexer_of": [distinct.index(contextual.lexers[state]) for state in table.states],
        "terminals": {terminal.name: terminal.pattern.to_regexp() for terminal in parser.terminals},
        "ignored": list(front.lexer_conf.ignore),
        "start": order[table.start_states[starts[0]]],
        "end": order[table.end_states[starts[0]]],
        "starts": {one: (order[table.start_states[one]], order[table.end_states[one]]) for one in starts},
    }


def _rule(rule: Any) -> tuple[str, int, str | None, bool, list[int]]:
    origin = str(rule.origin.name)
    helpers = [i for i, part in enumerate(rule.expansion) if not part.is_term and part.name.startswith("_")]
    action = None if origin.startswith("_") else str(rule.alias or origin)
    return origin, len(rule.expansion), action, bool(rule.options.expand1 and not rule.alias), helpers


def _lexer(lexer: Any) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The terminals in the order in which they are tried, and for each the words that are keywords instead."""
    names = [terminal.name for terminal in lexer.scanner.terminals]
    keywords = {
        kind: {word.pattern.value: word.name for word in callback.scanner.terminals}
        for kind, callback in lexer.callback.items()
        if isinstance(callback, UnlessCallback)
    }
    return names, keywords
