"""Names of members: ``F[n+1]`` for n = 2 is ``F[3]``, ``Cd{E}_PC`` for E = Te is ``CdTe_PC``."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from operator import itemgetter
from typing import Any

from mscnet.language.family_values import MAX_INDEX, Arithmetic, BadMember, Getter, Values, shown
from mscnet.language.formula import SIZE_TERM
from mscnet.language.products import Stop
from mscnet.language.syntax import BesideX, BracketX, MemberX, NegativeX, NumberX, Word, WordX

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:\^\d*[+-])?\Z")
#: A state of a site, which may be a number: ``~0``.
_STATE = re.compile(r"~\w+\Z")
_VARIABLE = re.compile(r"\{([^\W\d]\w*)([+-]\d{1,9})?\}")
_SIZE = re.compile(r"\[([^\]]*)\](?=(\d?))")


def dotted(node: Any, variables: frozenset[str]) -> Any:
    """The node with every `c.A` in it as a name in the loop variable `c`, the A of each compartment."""
    match node:
        case Word(name, start, end) | WordX(name, start, end):
            return _dotted(name, start, end) if name.partition(".")[0] in variables and "." in name else node
        case MemberX(pieces=(str(first), *rest), indices=indices):
            head, dot, more = first.partition(".")
            if dot and head in variables:
                return node._replace(pieces=((head, 0), dot + more, *rest), indices=dotted(indices, variables))
        case BracketX(str(name), start, end) | BesideX(str(name), _, start, end):
            if name.partition(".")[0] in variables and "." in name:
                node = node._replace(name=_dotted(name, start, end))
    if not isinstance(node, tuple):
        return node
    parts = [dotted(part, variables) if isinstance(part, tuple) else part for part in node]
    if all(a is b for a, b in zip(parts, node, strict=True)):
        return node
    return type(node)._make(parts) if hasattr(node, "_make") else tuple(parts)


def _dotted(name: str, start: int, end: int) -> MemberX:
    head, dot, rest = name.partition(".")
    rest, bracket, indices = rest.partition("[")
    numbers = indices.removesuffix("]").split(",") if bracket else []
    return MemberX(name, ((head, 0), dot + rest), tuple(_number(number, start, end) for number in numbers), start, end)


def _number(text: str, start: int, end: int) -> NumberX | NegativeX:
    number = NumberX(text.removeprefix("-"), start, end)
    return NegativeX(number, start, end, 2) if text.startswith("-") else number


class Name:
    """A name in loop variables, as a function of their values; the same name is made once."""

    __slots__ = ("_indices", "_key", "_known", "_node", "_pieces")

    def __init__(self, node: MemberX, arithmetic: Arithmetic) -> None:
        """Raises `Stop`, with a report, where it holds something that is no loop variable."""
        self._node = node
        getters: list[Getter] = []
        self._pieces: list[str | int] = []
        for piece in node.pieces:
            if isinstance(piece, str):
                self._pieces.append(piece)
            else:
                self._pieces.append(len(getters))
                getters.append(_piece(piece, node, arithmetic))
        self._indices = len(node.indices)
        getters += [arithmetic.compile(index) for index in node.indices]
        self._key: Getter = getters[0] if len(getters) == 1 else _together(getters)
        self._known: dict[Any, Any] = {}

    def __call__(self, values: Values) -> str:
        return self.made(values, str)

    def made(self, values: Values, make: Callable[[str], Any]) -> Any:
        """What `make` makes of the name, made once a name (one `Name` is used with one `make`)."""
        try:
            key = self._key(values)
        except TypeError:
            raise BadMember("a name is no number", self._node.start, self._node.end) from None
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = make(self._spelled(key))
        return found

    def _spelled(self, key: Any) -> str:
        node = self._node
        parts = key if isinstance(key, tuple) else (key,)
        stem = "".join(piece if isinstance(piece, str) else _in_name(parts[piece], node) for piece in self._pieces)
        if not (_NAME.match(stem) or _STATE.match(stem)):
            raise BadMember(f"`{stem}` is not a name", node.start, node.end, _NAMES)
        if not self._indices:
            return stem
        indices = (_index(part, node) for part in parts[-self._indices :])
        return f"{stem}[{','.join(indices)}]"


_NAMES = "names begin with a letter and go on with letters, digits and `_`"


def _piece(piece: tuple[str, int], node: MemberX, arithmetic: Arithmetic) -> Getter:
    name, more = piece
    if name not in arithmetic.slots:
        from mscnet.diagnostics import suggest

        at = node.start + node.name.find("{" + name) + 1
        hint = suggest(name, arithmetic.slots) or f"say what it runs over: `for {name} in Te, Se {{ … }}`"
        arithmetic.report.error("E210", f"`{name}` is not a loop variable here", at, at + len(name), hint)
        raise Stop
    get = itemgetter(arithmetic.slots[name])
    return get if not more else lambda v: get(v) + more


def _together(getters: list[Getter]) -> Getter:
    if len(getters) == 2:
        first, second = getters
        return lambda v: (first(v), second(v))
    return lambda v: tuple(get(v) for get in getters)


def _in_name(value: Any, node: MemberX) -> str:
    if isinstance(value, str) or (isinstance(value, int) and value >= 0):
        return str(value)
    hint = f"as an index it may be any whole number: `{node.name.split('{')[0]}[n]`"
    raise BadMember(f"{shown(value)} cannot stand in a name", node.start, node.end, hint)


def _index(value: Any, node: MemberX) -> str:
    if isinstance(value, Fraction):
        hint = "leave such members out with a condition, such as `if mod(n, 2) == 0`"
        message = f"the index of `{node.name}` comes out as {shown(value)}, not a whole number"
        raise BadMember(message, node.start, node.end, None if isinstance(node.indices[0], NumberX) else hint)
    if isinstance(value, int) and abs(value) > MAX_INDEX:
        raise BadMember(f"an index beyond {MAX_INDEX:,}", node.start, node.end)
    return str(value)


# --- texts, bonds and formulas ---


def bond(node: Word, arithmetic: Arithmetic, values: Values) -> str:
    """The name of a bond with loop variables in it: ``Cd-{E}`` for E = Te is ``Cd-Te``."""
    from mscnet.language.build_thermo import bond_name

    parts: list[str] = []
    place = MemberX(node.name, (), (), node.start, node.end)
    for piece in re.split(r"(\{\w+\})", node.name):
        if piece.startswith("{"):
            parts.append(_in_name(_piece((piece[1:-1], 0), place, arithmetic)(values), place))
        else:
            parts.append(piece)
    return bond_name("".join(parts))


def filled(text: str, slots: dict[str, int], values: Values) -> str:
    """A text with `{n}` and `{n+1}` replaced; other braces stay."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in slots:
            return found[0]
        plain = values[slots[found[1]]]
        return shown(plain if isinstance(plain, str) else plain + int(found[2] or 0))

    return _VARIABLE.sub(value, text) if "{" in text else text


def formula(node: Word | MemberX, slots: dict[str, int], values: Values) -> str:
    """A composition with `{E}` replaced and the sizes that hold loop variables worked out: ``Cd[2n]`` is ``Cd6``."""
    text = filled(node.name, slots, values)

    def size(found: re.Match[str]) -> str:
        worked = _worked_out(found[1], slots, values, node)
        if worked == found[1]:
            return found[0]
        if not worked.isdigit() or found[2]:
            return f"[{worked}]"
        return "" if worked == "1" else worked

    return _SIZE.sub(size, text) if "[" in text else text


def _worked_out(text: str, slots: dict[str, int], values: Values, node: Word | MemberX) -> str:
    """A size with the loop variables in it added up; the text itself where it has none, or is no size."""
    total, rest, position, found = Fraction(0), "", 0, False
    while position < len(text):
        term = SIZE_TERM.match(text, position)
        if not term or not (term["number"] or term["name"]) or (position and not term["sign"]):
            return text
        name, sign = term["name"] or "", -1 if term["sign"] == "-" else 1
        value = values[slots[name]] if name in slots else 1
        if name and name not in slots:
            rest += ("-" if sign < 0 else "+" if rest else "") + (term["number"] or "") + name
        elif isinstance(value, str):
            return text
        else:
            found |= bool(name)
            total += sign * int(term["number"] or "1") * value
        position = term.end()
    if not found:
        return text
    if total.denominator != 1 or (total < 0 and not rest):
        raise BadMember(f"`{node.name}` has {total} atoms of a kind", node.start, node.end)
    return (rest + (f"{int(total):+d}" if total else "")) if rest else str(int(total))
