"""What there is to say of the name, unit or code at a place, and of the function that is being called."""

from __future__ import annotations

import re
from typing import Any

from mscnet import codes
from mscnet.language.index import Symbol
from mscnet.language.loose import Token
from mscnet.language.place_names import Place
from mscnet.lsp.room import Document, Room
from mscnet.lsp.words import HEADS, QUANTITIES, STEPS
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.types import Function
from mscnet.report.cards import Cards, unit_card

_CODE = re.compile(r"[EWN]\d{3}\b")
_WORD = re.compile(r"[^\W\d]\w*")
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
    symbol = document.index.symbol(place)
    if symbol.space == "built-in unit":
        return unit_card(symbol.name)
    if symbol.space == "built-in function":
        return _built_in(symbol.name)
    if symbol.space == "unit":
        return f"unit `{symbol.name}` of this file"
    if symbol.space == "label":
        found = (cards.of_label(symbol.name, symbol.home) for cards in _cards(document))
        return next((text for text in found if text is not None), None)
    if symbol.space == "name":
        return _of_name(document, symbol) or _by_declaration(room, document, symbol)
    return _by_declaration(room, document, symbol)


def _of_name(document: Document, symbol: Symbol) -> str | None:
    for cards in _cards(document):
        text = cards.of_name(symbol.name, symbol.home)
        if text is not None:
            return text
    if symbol.name in QUANTITIES:
        return QUANTITIES[symbol.name]
    return _built_in(symbol.name) if symbol.name in FUNCTIONS else None


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
    shown = text.text[statement.start : statement.end]
    what = found.role if found.role not in ("prefix", "label") else "import" if found.role == "prefix" else "step"
    return f"{what} `{symbol.name}`\n\n```mech\n{shown[:2000]}\n```"


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
    for cards in _cards(document):
        for reaction in cards.mechanism.reactions:
            span = reaction.span
            if span is not None and not reaction.reverse and span.text.strip():
                written = document.text.text[statement.start : statement.end]
                if span.text.strip() in written and token.text in span.text:
                    return cards.of_reaction(reaction)
    return None


def _of_word(document: Document, token: Token) -> str | None:
    word = token.text
    if word in HEADS:
        return f"`{word}`: {HEADS[word][0]}"
    return STEPS.get(word)


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
