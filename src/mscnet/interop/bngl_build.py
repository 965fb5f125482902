"""The actions of BNGL's grammar: each makes a node, or a pattern, of the parts that a rule of it has met."""

from __future__ import annotations

import re
from typing import Any

from mscnet.diagnostics import Source, Span
from mscnet.interop.bngl_nodes import (
    ActionX,
    ArgumentX,
    CompartmentX,
    GroupX,
    MapX,
    MathX,
    MeasuredX,
    MoleculeTypeX,
    ObservableX,
    RuleX,
    SiteTypeX,
    ValueX,
    Word,
)
from mscnet.interop.faults import Fault
from mscnet.mechanism.structure import Bond, MoleculePattern, Pattern, Restriction, SitePattern

_ARGUMENT = re.compile(r"\w+")
_RELATION = re.compile(r"([=!<>]=?)\s*(\d+)")
_RELATIONS = {"=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_PLAIN_BONDS: dict[str, Bond] = {"+": "bound", "?": "any"}
#: Numbers of bonds are whole numbers below this.
_LARGEST_LABEL = 10**9


def _word(token: Any) -> Word:
    return Word(str(token.value), token.start_pos, token.end_pos)


def _bounds(part: Any) -> tuple[int, int]:
    """Where a token, a node or a pattern stands."""
    if isinstance(part, MathX | GroupX | RuleX | ActionX | Word):
        return part.start, part.end
    if isinstance(part, str):
        return part.start_pos, part.end_pos  # type: ignore[attr-defined]
    if isinstance(part, ArgumentX):
        return (part.key or part.value).start, part.value.end
    return part.span.start, part.span.end


def _kind(part: Any) -> str:
    return getattr(part, "type", "")


class Build:
    """One for a text; the methods are called as the rules of the grammar are."""

    def __init__(self, source: Source) -> None:
        self.source = source
        #: Where the entry that is read stands.
        self.entry = (0, 0)
        #: Where text stands that is left out of the entry.
        self.left: tuple[int, int] | None = None
        #: Where sites begin that are written with ``~?``: with a state, whatever it is.
        self.any_state: set[int] = set()

    def _span(self, parts: list[Any]) -> Span:
        return Span(self.source, _bounds(parts[0])[0], _bounds(parts[-1])[1])

    # --- entries ---

    def parameter(self, parts: list[Any]) -> ValueX:
        name = next(part for part in parts if _kind(part) == "NAME")
        return ValueX(_word(name), parts[-1])

    setting = parameter

    def compartment(self, parts: list[Any]) -> CompartmentX:
        name, dimension, size = parts[-3:]
        return CompartmentX(_word(name), _word(dimension), size)

    def site_type(self, parts: list[Any]) -> SiteTypeX:
        name, *marks = parts
        for mark in marks:
            if mark.type != "STATE" or mark.value == "~?":
                message = f"`{mark.value}` has no place in the declaration of a site"
                raise Fault(
                    "E002", message, mark.start_pos, mark.end_pos, "a site has a name and states, as in `Y~u~p`"
                )
        return SiteTypeX(_word(name), tuple(Word(m.value[1:], m.start_pos, m.end_pos) for m in marks))

    def molecule_type(self, parts: list[Any]) -> MoleculeTypeX:
        name = next(part for part in parts if _kind(part) == "NAME")
        sites = tuple(part for part in parts if isinstance(part, SiteTypeX))
        return MoleculeTypeX(_word(name), sites, _kind(parts[-1]) == "POPULATION")

    def energy(self, parts: list[Any]) -> MeasuredX:
        pattern, value = parts[-2:]
        return MeasuredX(pattern, value, self._label(parts))

    def seed(self, parts: list[Any]) -> MeasuredX:
        value = parts[-1]
        number = next((i for i in range(1, len(value.parts)) if _begins_anew(*value.parts[i - 1 : i + 1])), None)
        if number is not None:
            self.left = (_bounds(value.parts[number])[0], self.entry[1])
            value = self.math(list(value.parts[:number]))
        return self.energy([*parts[:-1], value])

    def _label(self, parts: list[Any]) -> Word | None:
        found = next((part for part in parts if _kind(part) == "LABEL"), None)
        return found and Word(found.value.rstrip(" \t:"), found.start_pos, found.end_pos)

    def observable(self, parts: list[Any]) -> ObservableX:
        kind = next(part for part in parts if _kind(part) == "COUNTED")
        name = next(part for part in parts if _kind(part) == "NAME")
        return ObservableX(_word(kind), _word(name), tuple(part for part in parts if isinstance(part, Pattern)))

    def function(self, parts: list[Any]) -> ValueX:
        name = next(part for part in parts if _kind(part) == "NAME")
        brackets = next((part for part in parts if _kind(part) == "ARGUMENTS"), None)
        arguments = None
        if brackets is not None:
            at = brackets.start_pos
            found = _ARGUMENT.finditer(brackets.value)
            arguments = tuple(Word(one[0], at + one.start(), at + one.end()) for one in found)
        return ValueX(_word(name), parts[-1], arguments)

    def population_map(self, parts: list[Any]) -> MapX:
        pattern, arrow, population, rate = parts[-4:]
        if arrow.value != "->":
            raise Fault("E002", "a population map goes one way", arrow.start_pos, arrow.end_pos, "write `->`")
        return MapX(pattern, population, rate)

    def rule(self, parts: list[Any]) -> RuleX:
        at = next(i for i, part in enumerate(parts) if _kind(part) == "ARROW")
        flags: list[Word] = []
        restrictions: list[Restriction] = []
        priority = None
        for part in parts[at + 2 :]:
            if _kind(part) == "TOTAL_RATE":
                flags.append(_word(part))
            elif isinstance(part, Restriction):
                restrictions.append(part)
            elif isinstance(part, list):
                (priority,) = part
            elif isinstance(part, Word):
                flags.append(part)
        label = self._label(parts) or next((_word(part) for part in parts[:at] if _kind(part) == "INDEX"), None)
        laws = tuple(part for part in parts if isinstance(part, MathX))
        return RuleX(
            label, parts[at - 1], parts[at].value == "<->", parts[at + 1], laws, tuple(flags), priority,
            tuple(restrictions), *self.entry,
        )  # fmt: skip

    def modifier(self, parts: list[Any]) -> Word | Restriction | list[Word]:
        head = parts[0]
        if head.type == "PRIORITY":
            return [Word("".join(part.value for part in parts[2:]), head.start_pos, parts[-1].end_pos)]
        if head.type != "RESTRICT":
            return _word(head)
        kind, _, side = head.value.partition("_")
        number = parts[2]
        if not number.value.isdecimal() or len(number.value) > 6 or number.value == "0":
            message = f"`{number.value}` is not the number of a pattern"
            hint = f"as in `{head.value}(1,A(b))`: the patterns of a side are numbered from 1"
            raise Fault("E017", message, number.start_pos, number.end_pos, hint)
        patterns = tuple(part for part in parts if isinstance(part, Pattern))
        return Restriction(kind, side, int(number.value), patterns, self._span(parts))

    # --- patterns ---

    def side(self, parts: list[Any]) -> tuple[Pattern, ...]:
        return tuple(part for part in parts if isinstance(part, Pattern))

    def tags(self, parts: list[Any]) -> list[Any]:
        return parts

    def site(self, parts: list[Any]) -> tuple[SitePattern, list[Any]]:
        """The site without its bonds, and the marks of these."""
        name, *marks = parts
        bonds = [mark for mark in marks if mark.type == "BOND"]
        for mark in marks:
            if mark.type == "PLACE":
                raise Fault.unsupported("compartments of sites", mark.start_pos, mark.end_pos)
        state = self._single(marks, "STATE", "a site has one state")
        label = self._single(marks, "TAG", "a site has one label")
        span = self._span(parts)
        if state == "?":
            self.any_state.add(span.start)
        return SitePattern(str(name.value), None if state in (None, "?") else state, label=label, span=span), bonds

    def _single(self, marks: list[Any], kind: str, message: str) -> str | None:
        found = [mark for mark in marks if mark.type == kind]
        if len(found) > 1:
            raise Fault("E009", message, found[1].start_pos, found[1].end_pos)
        return str(found[0].value[1:]) if found else None

    def molecule(self, parts: list[Any]) -> tuple[MoleculePattern, list[Any]]:
        """The molecule without its sites, and these as `site` has them."""
        name, *rest = parts
        marks = [part for part in rest if _kind(part) in ("TAG", "PLACE", "STATE", "BOND")]
        for mark in marks:
            if mark.type in ("STATE", "BOND"):
                what = "states and bonds of a molecule that belong to none of its sites"
                raise Fault.unsupported(what, mark.start_pos, mark.end_pos, "give the molecule a site")
        label = self._single(marks, "TAG", "a molecule has one label")
        place = self._single(marks, "PLACE", "a molecule is in one compartment")
        sites = [part for part in rest if isinstance(part, tuple)]
        return MoleculePattern(str(name.value), (), place, label, self._span([name, *rest[-1:]])), sites

    joined = molecule  # one right behind the bracket of another, without a dot

    def pattern(self, parts: list[Any]) -> Pattern:
        tags = next((part for part in parts if isinstance(part, list)), [])
        molecules = [part for part in parts if isinstance(part, tuple)]
        constant = any(_kind(part) == "DOLLAR" for part in parts)
        once, relation = False, None
        for part in parts:
            if _kind(part) == "ATTRIBUTES":
                attributes = _attributes(part)
                once, constant = once or attributes["MatchOnce"], constant or attributes["Fixed"]
            elif _kind(part) == "RELATION":
                if relation is not None:
                    raise Fault("E009", "a pattern has one relation", part.start_pos, part.end_pos)
                relation = _relation(part)
        flat = [tags[0] if part is tags else part[0] if isinstance(part, tuple) else part for part in parts]
        return Pattern(
            _with_bonds(molecules),
            self._single(tags, "PLACE", "a species is in one compartment"),
            self._single(tags, "TAG", "a pattern has one label"),
            constant,
            once,
            relation,
            self._span([part for part in flat if _kind(part) not in ("DOLLAR", "COLON")]),
        )

    # --- what is calculated ---

    def math(self, parts: list[Any]) -> MathX:
        return MathX(_bounds(parts[0])[0], _bounds(parts[-1])[1], tuple(parts))

    law = math

    def argument(self, parts: list[Any]) -> ArgumentX:
        if len(parts) == 1:
            return ArgumentX(None, parts[0])
        key = parts[0]
        text = key.value[1:-1] if key.type == "STRING" else key.value
        return ArgumentX(Word(text, key.start_pos, key.end_pos), parts[-1])

    def group(self, parts: list[Any]) -> GroupX:
        found = tuple(part for part in parts if isinstance(part, ArgumentX))
        return GroupX(str(parts[0].value), found, parts[0].start_pos, parts[-1].end_pos)

    def action(self, parts: list[Any]) -> ActionX:
        arguments = tuple(part for part in parts if isinstance(part, ArgumentX))
        return ActionX(_word(parts[0]), arguments, parts[0].start_pos, parts[-1].end_pos)


def _begins_anew(before: Any, part: Any) -> bool:
    """Whether a part is no more of the expression that the part before it ends."""
    is_call = _kind(before) == "NAME" and isinstance(part, GroupX)
    ends, begins = (isinstance(one, GroupX) or _kind(one) in ("NAME", "NUMBER") for one in (before, part))
    return ends and begins and not is_call


def _attributes(token: Any) -> dict[str, bool]:
    """``{MatchOnce}`` and ``{Fixed}``, alone or with ``=0`` or ``=1`` behind them."""
    found = {"MatchOnce": False, "Fixed": False}
    for entry in filter(None, (entry.strip() for entry in token.value[1:-1].split(","))):
        name, _, value = (part.strip() for part in entry.partition("="))
        if name not in found:
            raise Fault.unsupported(f"the attribute `{name[:40]}` of a pattern", token.start_pos, token.end_pos)
        found[name] = value.lower() not in ("0", "false", "no")
    return found


def _relation(token: Any) -> Any:
    found = _RELATION.fullmatch(token.value)
    if found is None or len(found[2]) > 9:
        raise Fault("E005", "this number is out of range", token.start_pos, token.end_pos)
    return _RELATIONS[found[1]], int(found[2])


def _with_bonds(molecules: list[tuple[MoleculePattern, list[Any]]]) -> tuple[MoleculePattern, ...]:
    """The molecules with their sites, and labels of bonds as numbers above zero; those that are words get free ones."""
    labels = {mark.value[1:] for _, sites in molecules for _, marks in sites for mark in marks} - {"+", "?"}
    numbers: dict[str, int] = {}
    for text in labels:
        if text.isdecimal() and text.isascii() and len(text) < 9 and str(int(text)) == text and int(text) > 0:
            numbers[text] = int(text)
    free = max(numbers.values(), default=0)
    for text in sorted(labels - numbers.keys()):
        free += 1
        numbers[text] = free
    return tuple(_molecule(molecule, sites, numbers) for molecule, sites in molecules)


def _molecule(molecule: MoleculePattern, sites: list[Any], numbers: dict[str, int]) -> MoleculePattern:
    made = tuple(
        SitePattern(site.name, site.state, _bond(marks, numbers), site.label, site.span) for site, marks in sites
    )
    return MoleculePattern(molecule.name, made, molecule.place, molecule.label, molecule.span)


def _bond(marks: list[Any], numbers: dict[str, int]) -> Bond:
    texts = [mark.value[1:] for mark in marks]
    plain = [text for text in texts if text in _PLAIN_BONDS]
    if plain:
        if len(texts) > 1:
            second = marks[1]
            raise Fault("E009", "`!+` and `!?` stand alone", second.start_pos, second.end_pos)
        return _PLAIN_BONDS[plain[0]]
    found = sorted({numbers[text] for text in texts})
    if len(found) < len(texts):
        raise Fault("E305", f"the bond `!{texts[0]}` has both its ends here", marks[0].start_pos, marks[-1].end_pos)
    return "free" if not found else found[0] if len(found) == 1 else tuple(found)
