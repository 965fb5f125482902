"""What there is to say of the name, unit or code at a place, and of the function that is being called."""

from __future__ import annotations

import re
from typing import Any

from mscnet import codes
from mscnet.language.index import Symbol
from mscnet.language.loose import Statement, Token
from mscnet.language.place_names import Place
from mscnet.lsp.room import Document, Room
from mscnet.lsp.texts import Text
from mscnet.lsp.words import FEATURE_WORDS, HEADS, PART_WORDS, QUANTITIES, STEPS
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.facts import FEATURES
from mscnet.mechanism.types import Function
from mscnet.report.cards import Cards, unit_card

_CODE = re.compile(r"[EWN]\d{3}\b")
#: The index of a member, and the parts of the name of a family.
_INDEX = re.compile(r"\[([\d, ]+)\]")
_PARTS = re.compile(r"(\{[^{}]*\})")
#: Kinds of names that belong to the bench: how they were declared says more than what became of them.
_BENCH = frozenset({"solution", "solvent", "liquid", "solid"})
#: So many lines of a block are shown.
MOST_LINES = 20
_ARROWS = frozenset({"<->", "<=>", "->", "<-", "→", "←", "⇌", "⇄", "↔", "-[", "<-[", "]->"})


def hover(room: Room, document: Document, offset: int) -> dict[str, Any] | None:
    """The ``Hover`` for an offset; None where there is nothing to say."""
    context = document.index.context(offset)
    if context.within == "comment":
        return _code_page(document, offset)
    if context.within == "string":
        return None
    place = document.index.at(offset)
    if place is not None:
        text = _of_place(room, document, place)
        if text is not None:
            return _shown(document, place.start, place.end, text)
        return None
    token = _token_at(document, offset)
    if token is None:
        return None
    text = _of_step(document, token) if token.text in _ARROWS else _of_word(document, token)
    return _shown(document, token.start, token.end, text) if text is not None else None


def _shown(document: Document, start: int, end: int, text: str) -> dict[str, Any]:
    return {"contents": {"kind": "markdown", "value": text}, "range": document.text.range(start, end)}


def _of_place(room: Room, document: Document, place: Place) -> str | None:
    symbol = document.index.symbol(place.key)
    if symbol.space == "built-in unit":
        return unit_card(symbol.name)
    if place.key.space == "fact" and place.key.role == "call" and symbol.name in FEATURES:
        return f"feature of a course\n\n{FEATURE_WORDS[symbol.name]}"
    if symbol.space == "built-in function":
        return _built_in(symbol.name)
    if symbol.space == "unit":
        return f"unit `{symbol.name}` of this file"
    if symbol.space == "label":
        found = (
            cards.of_label(symbol.name, symbol.home) or _family(document, cards, symbol) for cards in _cards(document)
        )
        text = next((text for text in found if text is not None), None)
        return text or _by_declaration(room, document, symbol)
    if symbol.space == "name" and document.index.kind(symbol) not in _BENCH:
        return _of_name(document, symbol, place) or _by_declaration(room, document, symbol)
    return _by_declaration(room, document, symbol)


def _of_name(document: Document, symbol: Symbol, place: Place) -> str | None:
    index = _INDEX.match(document.text.text, place.end)
    for cards in _cards(document):
        text = cards.of_name(symbol.name, symbol.home)
        if text is None and index is not None:
            text = cards.of_name(f"{symbol.name}[{index[1].replace(' ', '')}]", symbol.home)
        text = text or _family(document, cards, symbol)
        if text is not None:
            return text
    if symbol.name in QUANTITIES:
        return QUANTITIES[symbol.name]
    return _built_in(symbol.name) if symbol.name in FUNCTIONS else None


def _family(document: Document, cards: Cards, symbol: Symbol) -> str | None:
    """The card of the members of a family, by the name that they have in the text: ``Cd{E}``, or ``F`` of ``F[n]``."""
    parts = [_values(document, p[1:-1]) if p[0] == "{" else re.escape(p) for p in _PARTS.split(symbol.name) if p]
    pattern = re.compile("".join(parts) + r"(?:\[[-\d,]*\])?")
    return cards.of_labels(pattern) if symbol.space == "label" else cards.of_family(pattern, symbol.home)


def _values(document: Document, variable: str) -> str:
    """A pattern of what a variable of a family stands for: the names that some loop gives it, else anything."""
    loops = re.findall(rf"\b{re.escape(variable)}\s+in\s+([^\n{{]*)", document.text.text)
    names = {word for loop in loops for word in re.findall(r"\w+", loop)}
    return "(?:" + "|".join(sorted(names)) + ")" if names and not any(".." in loop for loop in loops) else r"\w+"


def _cards(document: Document) -> list[Cards]:
    return list(document.known.all_cards()) if document.known is not None else []


def _by_declaration(room: Room, document: Document, symbol: Symbol) -> str | None:
    """The lines that declare a name, where nothing more is known of it."""
    key, symbol = room.origin(document.key, symbol)
    text = room.text_of(key)
    found = text.index.declaration(symbol) if text is not None else None
    if text is None or found is None:
        return None
    statement = text.index.statement_at(found.start)
    if statement is None:
        return None
    shown = _with_block(text, statement)
    role = found.key.role
    what = {"prefix": "import", "label": "step"}.get(role, role)
    if role == "label" and any(token.text in ("at", "every", "when") for token in statement.tokens[2:]):
        what = "event"
    return f"{what} `{symbol.name}`\n\n```mech\n{shown[:2000]}\n```"


def _with_block(text: Text, statement: Statement) -> str:
    """A statement with the lines of its block, where it has one."""
    block = next((b for b in text.index.loose.blocks if b.statement is statement), None)
    if block is None or statement.block is not None:
        return text.text[statement.start : statement.end]
    lines = text.text[statement.start : block.end].split("\n")
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "    …", "}"])


def _built_in(name: str) -> str:
    info = FUNCTIONS[name]
    arguments = ", ".join("xyz"[: info.arguments]) if info.arguments else "x, y, …"
    if name == "if":
        arguments = "condition, x, y"
    kind = {
        "pure": "argument and result are pure numbers",
        "same": "arguments and result have one dimension",
        "root": "the result has the square root of the argument's dimension",
        "if": "x where the condition holds, else y",
        "sign": "-1, 0 or 1",
    }[info.dimensions]
    return f"built-in function\n\n```mech\n{name}({arguments})\n```\n\n{kind}"


def _token_at(document: Document, offset: int) -> Token | None:
    statement = document.index.statement_at(offset)
    for token in statement.tokens if statement is not None else ():
        if token.start <= offset < token.end:
            return token
    return None


def _of_step(document: Document, token: Token) -> str | None:
    """The step that an arrow belongs to."""
    statement = document.index.statement_at(token.start)
    if statement is None:
        return None
    written = document.text.text[statement.start : statement.end]
    found = (cards.of_written(written, token.text) for cards in _cards(document))
    return next((text for text in found if text is not None), None)


def _of_word(document: Document, token: Token) -> str | None:
    word = token.text
    if word in HEADS:
        return f"`{word}`: {HEADS[word][0]}"
    return STEPS.get(word) or (f"`{word}`: {PART_WORDS[word]}" if word in PART_WORDS else None)


def _code_page(document: Document, offset: int) -> dict[str, Any] | None:
    """The page of a code that a comment names."""
    text = document.text.text
    for found in _CODE.finditer(text, max(0, offset - 4), offset + 4):
        if found.start() <= offset <= found.end() and found[0] in codes.CODES:
            return _shown(document, *found.span(), codes.page(found[0]))
    return None


# --- signatures -------------------------------------------------------------------------------------


def signature(document: Document, offset: int) -> dict[str, Any] | None:
    """The ``SignatureHelp`` of the call that an offset lies in."""
    context = document.index.context(offset)
    if context.within == "comment":
        return None
    tokens, depth, argument = context.tokens, 0, 0
    for i in range(len(tokens) - 1, 0, -1):
        text = tokens[i].text
        if text in (")", "]"):
            depth += 1
        elif text in ("(", "["):
            depth -= 1
            if depth < 0:
                if text == "(" and tokens[i - 1].kind == "name":
                    return _signature(document, tokens[i - 1].text, argument)
                depth, argument = 0, 0
        elif text == "," and depth == 0:
            argument += 1
    return None


def _signature(document: Document, name: str, argument: int) -> dict[str, Any] | None:
    parameters: tuple[str, ...] = ()
    for cards in _cards(document):
        found = [item for item in cards.items.get(name, ()) if isinstance(item, Function)]
        if found:
            parameters = found[0].parameters
            break
    if not parameters and name in FUNCTIONS:
        count = FUNCTIONS[name].arguments
        parameters = ("condition", "x", "y") if name == "if" else tuple("xyz"[: count or 2])
    if not parameters:
        return None
    label = f"{name}({', '.join(parameters)})"
    places, at = [], len(name) + 1
    for parameter in parameters:
        places.append({"label": [at, at + len(parameter)]})
        at += len(parameter) + 2
    active = min(argument, len(parameters) - 1)
    return {
        "signatures": [{"label": label, "parameters": places}],
        "activeSignature": 0,
        "activeParameter": active,
    }
