"""Values by medium: ``in toluene { k1 = … }`` as one derived value that asks what the medium is."""

from __future__ import annotations

from fractions import Fraction

from mscnet.language.declare import Declarations
from mscnet.language.derived import Derived, Key
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.syntax import ExpressionX, Word
from mscnet.mechanism.expression import Call, Comparison, Expression, Number, Sum, Symbol
from mscnet.mechanism.types import Definition
from mscnet.records import dataclass, field

#: The medium where no solvent is the main component.
NEAT = "neat"
_HALF = Number(Fraction(1, 2))


def main_name(solvent: str) -> str:
    """The hidden parameter that is 1 where a solvent is the main component, else 0; no name of a file has a blank."""
    return f"in {solvent}"


@dataclass
class Media:
    """What one name is in each medium: the places and expressions, in the order of the text."""

    word: Word
    cases: dict[str, tuple[Word, ExpressionX]] = field(default_factory=dict)
    #: The parameter of this name, which holds elsewhere.
    parameter: bool = False

    @property
    def derived(self) -> str:
        """The derived value that stands for the name in expressions: itself, unless a parameter is called so."""
        return f"{self.word.name} in medium" if self.parameter else self.word.name


def add_media(made: dict[Key, Derived], found: Declarations, resolver: Resolver, report: Reporter) -> None:
    """Put into `made` the derived values that depend on the medium; what was said outside holds elsewhere."""
    solvents = found.solvents
    for (name, pathway), media in found.media.items():
        cases = _cases(media, pathway, resolver)
        elsewhere = _elsewhere(name, pathway, media, made)
        if cases is None or not _complete(name, media, elsewhere, solvents, report):
            continue
        span = report.span(media.word.start, media.word.end)
        expression = _choice(cases, elsewhere, solvents)
        made[media.derived, pathway] = Definition(media.derived, expression, None, pathway, span)


def _cases(media: Media, pathway: str | None, resolver: Resolver) -> dict[str, Expression] | None:
    resolved: dict[str, Expression | None] = {}
    resolver.itself = media.word.name if media.parameter else None
    for medium, (_, node) in media.cases.items():
        resolved[medium] = resolver.resolve(node, pathway)
    resolver.itself = None
    return None if None in resolved.values() else {m: e for m, e in resolved.items() if e is not None}


def _elsewhere(name: str, pathway: str | None, media: Media, made: dict[Key, Derived]) -> Expression | None:
    if media.parameter:
        return Symbol(name, "parameter")
    outside = made.get((name, pathway))
    return None if outside is None else outside.expression


def _complete(name: str, media: Media, elsewhere: Expression | None, solvents: list[str], report: Reporter) -> bool:
    """Whether the name has a value in every medium; an error says where it has none."""
    lacking = [] if elsewhere is not None else [medium for medium in (*solvents, NEAT) if medium not in media.cases]
    if lacking:
        listed = ", ".join("without a solvent" if medium == NEAT else f"in {medium}" for medium in lacking)
        hint = f"write what holds elsewhere outside the block: `{name} = …`" + (
            f", or `in neat {{ {name} = … }}`" if lacking == [NEAT] else ""
        )
        message = f"`{name}` has no value {listed}"
        report.error("E082", message, media.word.start, media.word.end, hint)
    return not lacking


def _choice(cases: dict[str, Expression], elsewhere: Expression | None, solvents: list[str]) -> Expression:
    rest = dict(cases)
    neat = rest.pop(NEAT, None)
    chosen = elsewhere
    if chosen is None:
        chosen = neat
    elif neat is not None:
        flags = tuple(Symbol(main_name(solvent), "parameter") for solvent in solvents)
        total = flags[0] if len(flags) == 1 else Sum(flags)
        chosen = Call("if", (Comparison("<", total, _HALF), neat, elsewhere)) if flags else neat  # type: ignore[arg-type]
    assert chosen is not None
    for solvent, expression in reversed(rest.items()):
        flag = Symbol(main_name(solvent), "parameter")
        chosen = Call("if", (Comparison(">", flag, _HALF), expression, chosen))
    return chosen
