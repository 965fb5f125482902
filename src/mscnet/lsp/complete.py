"""What can be written at a place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from mscnet import assets
from mscnet.language.index import Context
from mscnet.language.loose import Block, Token
from mscnet.language.options import OPTIONS
from mscnet.lsp.complete_rules import offered
from mscnet.lsp.room import Document, Room
from mscnet.lsp.words import FEATURE_WORDS, FOLLOWING, HEADS, QUANTITIES, STEPS
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.facts import FEATURES
from mscnet.mechanism.optics import INSTRUMENT_SETTINGS, SHAPES
from mscnet.mechanism.types import Function
from mscnet.mechanism.units import UNIT_KEYS, UNITS
from mscnet.report.cards import unit_card

#: Kinds of items by the numbers of the protocol.
_FUNCTION, _VARIABLE, _CLASS, _MODULE, _UNIT, _KEYWORD, _FILE, _CONSTANT, _EVENT = 3, 6, 7, 9, 11, 14, 17, 21, 23
_KINDS = {"species": _CLASS, "parameter": _CONSTANT, "function": _FUNCTION}
_ARROWS = frozenset({"<->", "<=>", "->", "<-", "→", "←", "⇌", "⇄", "↔", "-[", "<-["})
#: Heads that a new name follows.
_NAMING = frozenset(
    {"species", "parameter", "unit", "function", "observable", "experiment", "compartment"}
    | {"solution", "solvent", "liquid", "solid", "pathway"}
)
#: More items than this help nobody; the editor asks again once more of the word is written.
MOST_ITEMS = 2000
_SNIPPET = 2

Item = dict[str, Any]


def complete(room: Room, document: Document, offset: int, snippets: bool = False) -> dict[str, Any]:
    """The ``CompletionList`` for an offset."""
    context = document.index.context(offset)
    items = list(_Completion(room, document, context, offset, snippets).items())
    unique = list({item["label"]: item for item in reversed(items)}.values())[::-1]
    return {"isIncomplete": len(unique) > MOST_ITEMS, "items": unique[:MOST_ITEMS]}


class _Completion:
    def __init__(self, room: Room, document: Document, context: Context, offset: int, snippets: bool) -> None:
        self.room, self.document, self.index = room, document, document.index
        self.block, self.snippets = context.block, snippets
        self.within, self.start = context.within, context.start
        self.tokens = list(context.tokens)
        self.word = ""
        if self.tokens and not self.within and self.tokens[-1].kind == "name" and self.tokens[-1].end >= offset:
            self.word = self.tokens.pop().text[: offset - context.tokens[-1].start]
        text = document.text.text
        self.dotted = offset > 0 and text[offset - 1] == "." and bool(self.tokens)
        self.pathway = self._pathway()

    def _pathway(self) -> str | None:
        block = self.block.inside("pathway") if self.block is not None else None
        return block.name if block is not None else None

    def items(self) -> Iterator[Item]:
        if self.within == "comment":
            return
        if self.within == "string":
            yield from self._files()
        elif (found := offered(self.index, self.tokens)) is not None:
            yield from (
                _item(name, _KINDS["species"] if name.endswith("(") else _VARIABLE, what) for name, what in found
            )
        elif self.dotted or "." in self.word:
            yield from self._with_prefix()
        else:
            yield from self._plain()

    # --- texts in quotes ---

    def _files(self) -> Iterator[Item]:
        """Mechanisms after ``import "``, tables after ``data name "``."""
        head = self.tokens[0].text if self.tokens else ""
        if head == "import" and len(self.tokens) == 1:
            for name in assets.mechanism_names():
                yield _item(name, _MODULE, f"ships with mscnet: {assets.mechanism_text(name)[0]}")
            yield from self._beside(".mech")
        elif head == "data":
            yield from self._beside(".csv", ".tsv", ".txt", ".dat")

    def _beside(self, *endings: str) -> Iterator[Item]:
        if self.document.path is None:
            return
        folder = os.path.dirname(self.document.path)
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith(endings))
        except OSError:
            return
        own = os.path.basename(self.document.path)
        yield from (_item(name, _FILE, "beside this file") for name in names if name != own)

    # --- names of imports, parts of experiments ---

    def _with_prefix(self) -> Iterator[Item]:
        written = self.word or next((t.text for t in reversed(self.tokens) if t.text != "."), "")
        head = written.rpartition(".")[0] or written
        if head in self.index.names_in("experiment"):
            yield from self._readings()
        known = self.document.known
        for name, kind in self.index.visible(self.pathway).items():  # species in a compartment
            if name.startswith(head + "."):
                yield _item(name[len(head) + 1 :], _KINDS.get(kind, _VARIABLE), kind)
        for cards in known.all_cards() if known is not None else ():
            for name, found in cards.items.items():
                if name.startswith(head + "."):
                    rest = name[len(head) + 1 :]
                    item = found[0]
                    shown = _signature(item) if isinstance(item, Function) else type(item).__name__.lower()
                    yield _item(rest, _KINDS.get(type(item).__name__.lower(), _VARIABLE), shown)

    def _readings(self) -> Iterator[Item]:
        for name in self.index.names_in("reading"):
            yield _item(name, _VARIABLE, "a reading")
        yield from self._names({"observable"})

    # --- plain text ---

    def _plain(self) -> Iterator[Item]:
        tokens, block = self.tokens, self._real_block()
        inside = block.head if block is not None else ""
        if not tokens:
            yield from self._start(inside)
            return
        head, last = tokens[0].text, tokens[-1]
        if last.kind == "number" or self._after_unit():
            yield from self._units()
            return
        index = last.text == "[" and len(tokens) > 1 and tokens[-2].kind == "name" and tokens[-2].end == last.start
        if last.text in ("[", "-[", "<-[") and not index:
            yield from self._names({"species"}, brackets=False)
            return
        special = self._special(head, last)
        if special is not None:
            yield from special
            return
        if inside in ("", "pathway", "in", "for") and self._in_sides():
            yield from self._names({"species"}, brackets=False)
            yield from self._molecules()
            yield from (_item(word, _KEYWORD) for word in FOLLOWING["reaction"] if self._has_arrow())
            return
        yield from (_item(word, _KEYWORD) for word in FOLLOWING.get(inside if inside == "expect" else head, ()))
        yield from self._expression(inside)

    def _real_block(self) -> Block | None:
        block = self.block
        while block is not None and block.head in ("for", "", "repeat"):
            block = block.parent
        return block

    def _start(self, inside: str) -> Iterator[Item]:
        """The beginning of a statement or of a line in a block."""
        if inside == "experiment":
            yield from (_item(word, _KEYWORD, text) for word, text in STEPS.items())
        elif inside == "expect":
            yield from self._facts()
        elif inside == "band":
            yield from (_item(word, _KEYWORD, ", ".join(SHAPES[word][0])) for word in SHAPES)
        elif inside == "instrument":
            yield from (_item(word, _KEYWORD) for word in INSTRUMENT_SETTINGS)
        elif inside == "solution":
            yield from self._names({"species"}, brackets=False)
        elif inside in ("liquid", "solid"):
            yield from (_item(word, _KEYWORD) for word in ("density", "molar_mass", "purity"))
        elif inside == "data":
            yield from self._readings()
        elif inside in ("at", "every", "when"):
            yield from self._names({"species", "parameter"}, brackets=False)
        elif inside == "import":
            yield from self._names(None, brackets=False)
        else:
            for word, (text, snippet) in HEADS.items():
                item = _item(word, _KEYWORD, text)
                if self.snippets:
                    item |= {"insertText": snippet, "insertTextFormat": _SNIPPET}
                yield item
            yield from self._names({"species"}, brackets=False)
            yield from self._molecules()

    def _molecules(self) -> Iterator[Item]:
        yield from (_item(f"{name}(", _KINDS["species"], "molecule") for name in sorted(self.index.molecules))

    def _facts(self) -> Iterator[Item]:
        yield from (_item(word, _KEYWORD) for word in ("never", "always"))
        yield from (_item(word, _FUNCTION, FEATURE_WORDS[word]) for word in FEATURES)
        yield from self._readings()
        yield from self._names({"experiment"})

    def _special(self, head: str, last: Token) -> Iterable[Item] | None:
        """Places where only names of one kind can stand."""
        tokens, text = self.tokens, last.text
        if head == "units":
            return self._units() if text == "=" else _words(UNIT_KEYS, "unit of")
        if head == "option":
            if text == "=":
                return self._option(tokens[-2].text)
            return _words(OPTIONS, "option")
        if head == "pathway" and len(tokens) > 2 and text in ("=", "+"):
            return self._of_space("pathway", _MODULE)
        if (head in ("expect", "data") and len(tokens) == 1) or (head == "experiment" and text == "from"):
            return self._of_space("experiment", _EVENT)
        if head == "in" and len(tokens) == 1:
            return self._names({"solvent"})
        if head == "band" and len(tokens) == 1:
            return self._names({"species"}, brackets=False)
        if head == "species" and text in ("of", "in"):
            return self._names({"compartment"}) if text == "in" else ()
        if (
            head in ("species", "parameter", "unit", "function", "observable", "experiment", "compartment")
            and len(tokens) == 1
        ):
            return ()
        if head in ("solution", "solvent", "liquid", "solid", "pathway") and len(tokens) == 1:
            return ()
        return None

    def _option(self, name: str) -> Iterable[Item]:
        kind = OPTIONS.get(name)
        if kind is None:
            return ()
        if kind.holds == "word":
            return [_item(word, _KEYWORD) for word in kind.words]
        if kind.holds in ("pathway", "experiment"):
            return self._of_space(kind.holds, _MODULE)
        return self._names({"solvent"}) if kind.holds == "medium" else ()

    def _has_arrow(self) -> bool:
        return any(token.text in _ARROWS for token in self.tokens)

    def _in_sides(self) -> bool:
        """Whether a species of a reaction is next: no ``=`` and no ``@`` yet."""
        head = self.tokens[0]
        if head.kind == "name" and head.text in HEADS:
            return False
        return not any(token.text in ("@", "=", "rate", "{") for token in self.tokens)

    def _after_unit(self) -> bool:
        """Whether a number with a unit stands before: ``0.05 /mM/``."""
        i = len(self.tokens) - 1
        if i < 0 or self.tokens[i].text not in ("/", "*", "·"):
            return False
        i -= 1
        while i >= 0 and (self.tokens[i].kind == "name" or self.tokens[i].text in ("/", "*", "·", "^", "-")):
            if self.tokens[i].kind == "name" and not self._is_unit(self.tokens[i].text):
                return False
            i -= 1
        return i >= 0 and self.tokens[i].kind == "number"

    def _is_unit(self, name: str) -> bool:
        return name in self.index.names_in("unit") or (name in UNITS and name not in self.index.declared[None])

    # --- lists ---

    def _expression(self, inside: str) -> Iterator[Item]:
        if inside == "experiment" or inside == "expect":
            owner = (self._real_block() or self.block).name  # type: ignore[union-attr]
            yield from (_item(name, _VARIABLE, "a variable of the experiment") for name in self.index.variables(owner))
            yield from self._facts() if inside == "expect" else ()
            if inside == "experiment":
                yield from (
                    _item(name, _FUNCTION, "what light tells") for name in ("absorbance", "spectrum", "difference")
                )
        yield from self._arguments()
        yield from self._names(None, brackets=inside != "experiment" or self.tokens[0].text == "measure")
        for name, info in FUNCTIONS.items():
            yield _item(name, _FUNCTION, f"{name}({', '.join('xyz'[: info.arguments or 2])})")
        yield from (_item(name, _VARIABLE, text) for name, text in QUANTITIES.items())
        yield from (_item(name, _MODULE, "an import") for name in self.index.prefixes)

    def _arguments(self) -> Iterator[Item]:
        if self.tokens[0].text == "function" and len(self.tokens) > 1:
            owner = f"{self.tokens[1].text}@{self.tokens[1].start}"
            yield from (_item(name, _VARIABLE, "an argument") for name in self.index.variables(owner))

    def _names(self, kinds: set[str] | None, brackets: bool = True) -> Iterator[Item]:
        """Names that can be seen here; with `brackets`, species stand as ``[A]``."""
        known = self.document.known
        names = dict(self.index.visible(self.pathway))
        for cards in known.all_cards() if known is not None else ():
            for name, items in cards.items.items():
                names.setdefault(name, type(items[0]).__name__.lower())
        for name, kind in names.items():
            if kinds is not None and kind not in kinds:
                continue
            shown = f"[{name}]" if kind == "species" and brackets else name
            yield _item(shown, _KINDS.get(kind, _VARIABLE), self._detail(name, kind), name)

    def _detail(self, name: str, kind: str) -> str:
        known = self.document.known
        for cards in known.all_cards() if known is not None else ():
            for item in cards.items.get(name, ())[:1]:
                if isinstance(item, Function):
                    return _signature(item)
                label = getattr(item, "label", None) or getattr(item, "note", None)
                return f"{kind}: {label}" if label else kind
        return kind

    def _of_space(self, space: str, kind: int) -> list[Item]:
        return [_item(name, kind, space) for name in self.index.names_in(space)]

    def _units(self) -> Iterator[Item]:
        yield from (_item(name, _UNIT, "a unit of this file") for name in self.index.names_in("unit"))
        yield from (_item(name, _UNIT, unit_card(name) or "") for name in UNITS)


def _words(words: Iterable[str], what: str) -> list[Item]:
    return [_item(word, _KEYWORD, f"{what} {word}") for word in words]


def _signature(function: Function) -> str:
    return f"{function.name}({', '.join(function.parameters)})"


def _item(label: str, kind: int, detail: str = "", filter_text: str = "") -> Item:
    item: Item = {"label": label, "kind": kind}
    if detail:
        item["detail"] = detail
    if filter_text and filter_text != label:
        item["filterText"] = filter_text
    return item
