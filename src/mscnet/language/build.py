"""Parser actions: each makes the syntax node of one grammar rule from its parts.

They run inside the parser, so no parse tree is ever built (three times faster on large files).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from mscnet.language.syntax import (
    ArrowX,
    BesideX,
    BracketX,
    CallX,
    ClauseX,
    ComparisonX,
    DeclarationX,
    FamilyX,
    FunctionX,
    LawX,
    LoopsX,
    NegativeX,
    NumberX,
    PartX,
    PathwayX,
    PoweredX,
    PowerX,
    ProductX,
    ReactionX,
    SettingX,
    SumX,
    TermX,
    Text,
    TextX,
    Word,
    WordX,
)
from mscnet.mechanism.expression import MAX_DEPTH

#: Brackets and blocks nest at most this deep.
MAX_NESTING = 200
OPENING = frozenset({"LPAR", "LSQB", "OVER_OPEN", "MEMBER_OPEN", "MOLECULE_OPEN", "FILTER_OPEN"})
CLOSING = frozenset({"RPAR", "RSQB", "OVER_CLOSE", "PLACE_CLOSE"})
#: A newline after one of these does not end the statement.
DANGLING = frozenset(
    {"ADD", "MULTIPLY", "PLUS", "MINUS", "SLASH", "COMMA", "CIRCUMFLEX", "COMPARE", "PLUS_MINUS"} | {"AND", "OR", "NOT"}
)

#: By the prefix of its rules: where the actions of a part of the grammar are.
_MODULES = {
    "bench": "mscnet.language.build_protocol",
    "optic": "mscnet.language.build_optics",
    "fact": "mscnet.language.build_facts",
    "family": "mscnet.language.build_families",
    "derived": "mscnet.language.build_imports",
    "import": "mscnet.language.build_imports",
    "thermo": "mscnet.language.build_thermo",
    "event": "mscnet.language.build_events",
    "rule": "mscnet.language.build_rules",
}

_DIRECTIONS = {"ARROW": (True, False), "BACK": (False, True), "BOTH": (True, True)}


class Token(str):
    """A piece of the text with its kind and place; `recovery` has Lark's, which have the same attributes."""

    __slots__ = ("end_pos", "start_pos", "type", "value")
    type: str
    value: str
    start_pos: int
    end_pos: int


def _plain_name(name: Any) -> Any:
    return name.name if isinstance(name, Word) else name


class TooDeep(Exception):
    """An expression beyond `MAX_DEPTH` levels; carries where it starts and ends."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__("too deep")
        self.start, self.end = start, end


def _is_token(part: Any) -> TypeGuard[Token]:
    """Whether a part is a token, ours or Lark's: both are texts, and no node is."""
    return isinstance(part, str)


def _start(part: Any) -> int:
    start: int = part.start_pos if _is_token(part) else part.start
    return start


def _end(part: Any) -> int:
    end: int = part.end_pos if _is_token(part) else part.end
    return end


def _word(part: Any) -> Any:
    """The `Word` of a name; a `MemberX` where loop variables are in it."""
    if not _is_token(part):
        return Word(part.name, part.start, part.end) if isinstance(part, WordX) else part
    if "{" in part.value:
        from mscnet.language.build_families import template

        return template(part)
    return Word(part.value, part.start_pos, part.end_pos)


def _one_deeper(start: int, end: int, *parts: Any) -> int:
    depth = 1 + max(part.depth for part in parts)
    if depth > MAX_DEPTH:
        raise TooDeep(start, end)
    return depth


def _text(token: Token) -> Text:
    return Text(str(token)[1:-1], token.start_pos, token.end_pos)


class Build:
    """One method a grammar rule; children are tokens and nodes in reading order."""

    def __getattr__(self, name: str) -> Callable[[list[Any]], Any]:
        """The action of a rule of the bench, which few files need, so that it is loaded when it is first called."""
        prefix = name.partition("_")[0]
        if prefix not in _MODULES:
            raise AttributeError(name)

        def action(parts: list[Any]) -> Any:
            from importlib import import_module

            return getattr(import_module(_MODULES[prefix]), name)(parts)

        return action

    # --- expressions ---

    def number(self, parts: list[Token]) -> NumberX:
        token = parts[0]
        return NumberX(token.value, token.start_pos, token.end_pos)

    def word(self, parts: list[Token]) -> Any:
        token = parts[0]
        if token.type == "TEMPLATE":
            return _word(token)
        return WordX(token.value, token.start_pos, token.end_pos)

    def member(self, parts: list[Any]) -> Any:
        from mscnet.language.build_families import member

        return member(parts)

    declared = member

    def indexed(self, parts: list[Any]) -> Any:
        name = self.member(parts)
        return WordX(*name) if isinstance(name, Word) else name

    def atom(self, parts: list[Any]) -> Any:
        return parts[1]  # between the brackets

    def bracketed(self, parts: list[Any]) -> BracketX:
        opening, name, closing = parts
        return BracketX(_plain_name(_word(name)), opening.start_pos, closing.end_pos)

    def minus_number(self, parts: list[Token]) -> NegativeX:
        number = self.number([parts[1]])
        return NegativeX(number, _start(parts[0]), number.end, 2)

    def fraction(self, parts: list[Token]) -> ProductX:
        above, below = self.number(parts[:1]), self.number(parts[2:])
        return ProductX((above, below), ("*", "/"), above.start, below.end, 2)

    def beside(self, parts: list[Any]) -> BesideX:
        exponent = _exponent(self, parts[1:])
        return BesideX(_plain_name(_word(parts[0])), exponent, _start(parts[0]), _end(parts[-1]))

    def negative(self, parts: list[Any]) -> Any:
        sign, operand = parts
        if sign.value == "+":
            return operand
        if isinstance(operand, NegativeX):
            return operand.operand
        start, end = _start(sign), operand.end
        return NegativeX(operand, start, end, _one_deeper(start, end, operand))

    def raised(self, parts: list[Any]) -> PowerX:
        base, _, exponent = parts
        return PowerX(base, exponent, base.start, exponent.end, _one_deeper(base.start, exponent.end, base, exponent))

    def product(self, parts: list[Any]) -> ProductX:
        factors, operators, operator = [], [], "*"
        for part in parts:
            if _is_token(part):
                operator = "/" if part.value == "/" else "*"
                continue
            factors.append(part)
            operators.append("" if isinstance(part, BesideX) else operator)
        start, end = factors[0].start, factors[-1].end
        return ProductX(tuple(factors), tuple(operators), start, end, _one_deeper(start, end, *factors))

    def sum(self, parts: list[Any]) -> SumX:
        terms = tuple(parts[0::2])
        signs = (1, *(-1 if token.value == "-" else 1 for token in parts[1::2]))
        start, end = terms[0].start, terms[-1].end
        return SumX(terms, signs, start, end, _one_deeper(start, end, *terms))

    def comparison(self, parts: list[Any]) -> ComparisonX:
        left, operator, right = parts
        depth = _one_deeper(left.start, right.end, left, right)
        return ComparisonX(operator.value, left, right, left.start, right.end, depth)

    def call(self, parts: list[Any]) -> Any:
        name, closing = parts[0], parts[-1]
        arguments = tuple(part for part in parts[1:-1] if not _is_token(part))
        start, end = _start(name), _end(closing)
        if isinstance(arguments[-1], LoopsX):
            from mscnet.language.build_families import fold

            return fold(_word(name), arguments, start, end)
        return CallX(_word(name), arguments, start, end, _one_deeper(start, end, *arguments))

    def text(self, parts: list[Token]) -> TextX:
        return TextX(*_text(parts[0]))

    def looked_up(self, parts: list[Token]) -> CallX:
        word, text = _word(parts[0]), self.text(parts[1:])
        return CallX(word, (text,), word.start, text.end, 2)

    # --- reactions ---

    def one(self, parts: list[Token]) -> TermX:
        word = _word(parts[0])
        return TermX(word, None, word.start, word.end)

    def scaled(self, parts: list[Any]) -> TermX:
        word, coefficient = _word(parts[-1]), _bare_number(self, parts[:-1])
        return TermX(word, coefficient, _start(parts[0]), word.end)

    def empty(self, parts: list[Token]) -> TermX:
        token = parts[0]
        number = NumberX("0" if token.value == "∅" else token.value, _start(token), _end(token))
        return TermX(None, number, number.start, number.end)

    def side(self, parts: list[Any]) -> tuple[TermX, ...]:
        return tuple(part for part in parts if not _is_token(part))

    def powered(self, parts: list[Any]) -> PoweredX:
        word = _word(parts[0])
        return PoweredX(word, _exponent(self, parts[1:]), word.start, _end(parts[-1]))

    def over_arrow(self, parts: list[Any]) -> ArrowX:
        opening, closing = parts[0], parts[-1]
        catalysts = tuple(part for part in parts[1:-1] if isinstance(part, PoweredX))
        forward, backward = closing.value == "]->", opening.value.startswith("<")
        return ArrowX(forward, backward, catalysts, _start(opening), _end(closing))

    def constants(self, parts: list[Any]) -> ClauseX:
        return _clause("@", parts, _laws(parts[1:]))

    def rate(self, parts: list[Any]) -> ClauseX:
        return _clause("rate", parts, _laws(parts[1:]))

    def named_law(self, parts: list[Any]) -> LawX:
        return LawX(_word(parts[0]), parts[2], _start(parts[0]), parts[2].end)

    def order_list(self, parts: list[PoweredX]) -> tuple[PoweredX, ...]:
        return tuple(parts)

    def orders(self, parts: list[Any]) -> ClauseX:
        items = tuple(part for part in parts if not _is_token(part))
        return ClauseX("order", items, _start(parts[0]), items[-1][-1].end)

    def note(self, parts: list[Token]) -> ClauseX:
        text = _text(parts[0])
        return ClauseX("note", (text,), text.start, text.end)

    def reaction(self, parts: list[Any]) -> ReactionX | FamilyX:
        label, sides, arrows, clauses, fast = None, [], [], [], None
        loops = parts.pop() if isinstance(parts[-1], LoopsX) else None
        for part in parts:
            if type(part) is tuple:
                sides.append(part)
            elif isinstance(part, ClauseX):
                clauses.append(part)
            elif isinstance(part, ArrowX):
                arrows.append(part)
            elif not _is_token(part):  # a label such as `step[n]`
                label = part
            elif part.type in _DIRECTIONS:
                arrows.append(ArrowX(*_DIRECTIONS[part.type], (), part.start_pos, part.end_pos))
            elif part.type in ("NAME", "TEMPLATE"):
                label = _word(part)
            elif part.type == "FAST":
                fast = _word(part)
        start = (label or fast or sides[0][0]).start
        end = clauses[-1].end if clauses else sides[-1][-1].end
        reaction: Any = ReactionX(label, tuple(sides), tuple(arrows), tuple(clauses), start, end, None, fast)
        if not all(isinstance(term, TermX) for side in sides for term in side) or _of_rules(clauses):
            from mscnet.language.build_rules import rule_of

            reaction = rule_of(label, sides, arrows, clauses, fast, (start, end))
        return reaction if loops is None else FamilyX(loops, (reaction,), start, loops.end)

    # --- declarations ---

    def composition(self, parts: list[Token]) -> PartX:
        formula = _word(parts[1])
        return PartX("composition", (formula,), formula.start, formula.end)

    def constant(self, parts: list[Token]) -> PartX:
        return PartX("constant", (), _start(parts[0]), _end(parts[0]))

    def initial(self, parts: list[Any]) -> PartX:
        return PartX("initial", (parts[1],), parts[1].start, parts[1].end)

    def prior(self, parts: list[Any]) -> PartX:
        return PartX("prior", (parts[1],), parts[1].start, parts[1].end)

    def bounds(self, parts: list[Any]) -> PartX:
        return PartX("bounds", (parts[1], parts[3]), parts[1].start, parts[3].end)

    def scale(self, parts: list[Token]) -> PartX:
        return PartX("scale", (parts[0].value,), _start(parts[0]), _end(parts[0]))

    def species_declaration(self, parts: list[Any]) -> DeclarationX:
        return _declaration("species", parts)

    def compartment_declaration(self, parts: list[Any]) -> DeclarationX:
        return _declaration("compartment", [_as_surface(part) for part in parts])

    def parent(self, parts: list[Token]) -> PartX:
        name = _word(parts[1])
        return PartX("parent", (name,), name.start, name.end)

    def parameter_declaration(self, parts: list[Any]) -> DeclarationX:
        return _declaration("parameter", parts)

    def unit_declaration(self, parts: list[Any]) -> DeclarationX:
        return _declaration("unit", [parts[0], *(_as_initial(part) for part in parts[2:])])

    def definition(self, parts: list[Any]) -> list[Any]:
        return _each([_declaration("definition", [parts[0], _as_initial(parts[2])])], parts)

    def observable(self, parts: list[Any]) -> list[Any]:
        count = next((part for part in parts if type(part).__name__ == "CountX"), None)
        if count is not None:
            from mscnet.language.build_rules import rule_observable

            return rule_observable(parts, count)
        kept = [part for part in parts[2:] if not (_is_token(part) or isinstance(part, LoopsX))]
        shaped = [part if isinstance(part, ClauseX) else _as_initial(part) for part in kept]
        return _each([_declaration("observable", [parts[1], *shaped])], parts)

    def parameter(self, parts: list[Any]) -> list[Any]:
        return _each([part for part in parts if isinstance(part, DeclarationX)], parts)

    unit = parameter

    def compartment(self, parts: list[Any]) -> list[Any]:
        return _each([part for part in parts if isinstance(part, DeclarationX)], parts)

    def home(self, parts: list[Token]) -> PartX:
        name = _word(parts[1])
        return PartX("home", (name,), name.start, name.end)

    def species(self, parts: list[Any]) -> list[Any]:
        declared = [part for part in parts if isinstance(part, DeclarationX) or type(part).__name__ == "SeedX"]
        if any(part.kind == "energy" for one in declared for part in one.parts):
            from mscnet.language.build_thermo import with_listed_energies

            declared = with_listed_energies(declared)
        return _each(declared, parts)

    def setting(self, parts: list[Any]) -> SettingX:
        return SettingX("", _word(parts[0]), parts[2], _start(parts[0]), parts[2].end)

    def units(self, parts: list[Any]) -> list[SettingX]:
        return [part._replace(kind="units") for part in parts if isinstance(part, SettingX)]

    def option(self, parts: list[Any]) -> list[SettingX]:
        return [part._replace(kind="option") for part in parts if isinstance(part, SettingX)]

    def function(self, parts: list[Any]) -> FunctionX:
        names = [_word(part) for part in parts if _is_token(part) and part.type in ("NAME", "TEMPLATE")]
        return FunctionX(names[0], tuple(names[1:]), parts[-1], _start(parts[0]), parts[-1].end)

    def pathway(self, parts: list[Any]) -> PathwayX:
        label: Any = next((part.items[0] for part in parts if isinstance(part, ClauseX)), None)
        inner = [part for part in parts if not isinstance(part, ClauseX)]
        return PathwayX(_word(parts[1]), label, _flat(inner), _start(parts[0]), _end(parts[-1]))

    def file(self, parts: list[Any]) -> tuple[Any, ...]:
        return _flat(parts)


def _bare_number(build: Build, parts: list[Any]) -> Any:
    """The node of a coefficient or exponent: a number token, a node, or a node in brackets."""
    for part in parts:
        if not _is_token(part):
            return part
        if part.type == "NUMBER":
            return build.number([part])
        if part.type == "NAME":
            return build.word([part])
    return None


def _exponent(build: Build, parts: list[Any]) -> Any:
    return _bare_number(build, parts) if parts else None


def _laws(parts: list[Any]) -> tuple[LawX, ...]:
    nodes = (part for part in parts if not _is_token(part))
    return tuple(n if isinstance(n, LawX) else LawX(None, n, n.start, n.end) for n in nodes)


def _clause(kind: str, parts: list[Any], items: tuple[Any, ...]) -> ClauseX:
    return ClauseX(kind, items, _start(parts[0]), items[-1].end)


def _of_rules(clauses: list[ClauseX]) -> bool:
    """Whether something follows a reaction that only rules have."""
    return any(clause.kind in ("word", "restriction") for clause in clauses)


def _as_surface(part: Any) -> Any:
    """The word ``surface`` after the name of a compartment, as a part of its declaration."""
    surface = _is_token(part) and part.type == "SURFACE"
    return PartX("surface", (), _start(part), _end(part)) if surface else part


def _as_initial(node: Any) -> PartX:
    return PartX("initial", (node,), node.start, node.end)


def _declaration(kind: str, parts: list[Any]) -> DeclarationX:
    name = _word(parts[0])
    rest = tuple(PartX(*part) if isinstance(part, ClauseX) else part for part in parts[1:])
    return DeclarationX(kind, name, rest, name.start, rest[-1].end if rest else name.end)


def _each(statements: list[Any], parts: list[Any]) -> list[Any]:
    """Declarations, as a family where a ``for`` ends their statement."""
    loops = parts[-1]
    if not isinstance(loops, LoopsX):
        return statements
    return [FamilyX(loops, tuple(statements), _start(parts[0]), loops.end)]


def _flat(parts: list[Any]) -> tuple[Any, ...]:
    statements: list[Any] = []
    for part in parts:
        if isinstance(part, list):
            statements.extend(part)
        elif not _is_token(part):
            statements.append(part)
    return tuple(statements)
