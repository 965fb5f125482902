"""Parser actions of structured species and rules."""

from __future__ import annotations

from typing import Any

from mscnet.language import build
from mscnet.language.build import Token
from mscnet.language.syntax import ClauseX, LoopsX, MemberX, NumberX, PartX, SettingX, TextX, Word
from mscnet.language.syntax_rules import (
    CountedX,
    CountX,
    EnergyPatternX,
    MoleculeTypeX,
    MoleculeX,
    PatternTermX,
    PatternX,
    PopulationMapX,
    RestrictionX,
    RuleX,
    SeedX,
    SiteX,
)

_is_token, _start, _end = build._is_token, build._start, build._end


def _named(text: str, start: int) -> Any:
    """The `Word` of a text at a place; a `MemberX` where loop variables are in it."""
    end = start + len(text)
    if "{" not in text:
        return Word(text, start, end)
    from mscnet.language.build_families import pieces_of

    return MemberX(text, pieces_of(text), (), start, end)


def _marked(token: Token) -> Any:
    """What stands after a mark, ``u`` of ``~u``, with the place of both."""
    if "{" in token.value:  # with its mark, since a state may be a number, which is no name
        return _named(token.value, token.start_pos)
    return Word(token.value[1:], token.start_pos, token.end_pos)


# --- patterns ---


def rule_site(parts: list[Token]) -> SiteX:
    name, *marks = parts
    found: dict[str, list[Any]] = {"~": [], "!": [], "%": []}
    for mark in marks:
        found[mark.value[0]].append(_marked(mark))
    word = _named(name.value, name.start_pos)
    states, bonds, labels = (tuple(found[mark]) for mark in "~!%")
    return SiteX(word, states, bonds, labels, _start(name), _end(parts[-1]))


def rule_molecule(parts: list[Any]) -> MoleculeX:
    opening, closing = parts[0], parts[-1]
    name, _, label = opening.value[:-1].partition("%")
    start = opening.start_pos
    at = closing.start_pos
    place = Word(closing.value[2:], at, closing.end_pos) if closing.type == "PLACE_CLOSE" else None
    word = _named(label, start + len(name) + 1) if label else None
    sites = tuple(part for part in parts[1:-1] if isinstance(part, SiteX))
    return MoleculeX(_named(name, start), word, sites, place, start, closing.end_pos)


def rule_pattern(parts: list[Any]) -> PatternX:
    tag = place = None
    first, last = parts[0], parts[-1]
    if _is_token(first) and first.type == "SPECIES_TAG":
        at = first.start_pos
        for piece in first.value[:-1].replace("@", " @").replace("%", " %").split():
            word = _named(piece[1:], at + 1)
            tag, place = (word, place) if piece[0] == "%" else (tag, word)
            at += len(piece)
    molecules = tuple(part for part in parts if isinstance(part, MoleculeX))
    once = any(_is_token(part) and part.type == "MATCH_ONCE" for part in parts)
    return PatternX(molecules, tag, place, once, _start(first), _end(last))


def rule_one(parts: list[PatternX]) -> PatternTermX:
    return PatternTermX(parts[0], None, parts[0].start, parts[0].end)


def rule_scaled(parts: list[Any]) -> PatternTermX:
    coefficient = build._bare_number(build.Build(), parts[:-1])
    return PatternTermX(parts[-1], coefficient, _start(parts[0]), parts[-1].end)


def rule_counted(parts: list[Any]) -> CountedX:
    pattern = _named(parts[0].value, parts[0].start_pos) if _is_token(parts[0]) else parts[0]
    operator = number = None
    if len(parts) > 1:
        operator, number = parts[1].value, NumberX(parts[2].value, parts[2].start_pos, parts[2].end_pos)
    return CountedX(pattern, operator, number, pattern.start, _end(parts[-1]))


# --- clauses ---


def rule_word(parts: list[Token]) -> ClauseX:
    word = Word(parts[0].value, parts[0].start_pos, parts[0].end_pos)
    return ClauseX("word", (word,), word.start, word.end)


def rule_filter(parts: list[Any]) -> ClauseX:
    opening, closing = parts[0], parts[-1]
    word = Word(opening.value[:-1], opening.start_pos, opening.end_pos - 1)
    number = NumberX(parts[1].value, parts[1].start_pos, parts[1].end_pos)
    patterns = tuple(part for part in parts if isinstance(part, CountedX))
    restriction = RestrictionX(word, number, patterns, word.start, closing.end_pos)
    return ClauseX("restriction", (restriction,), word.start, closing.end_pos)


# --- statements ---


def rule_of(label: Any, sides: list[Any], arrows: list[Any], clauses: list[Any], fast: Any, ends: Any) -> RuleX:
    start, end = ends
    return RuleX(label, tuple(sides), tuple(arrows), tuple(clauses), start, end, None, fast)


def rule_molecules(parts: list[Any]) -> list[Any]:
    population = parts[0].type == "POPULATION"
    made = [
        MoleculeTypeX(part.name, part, population, part.start, part.end)
        for part in parts
        if isinstance(part, MoleculeX)
    ]
    return build._each(made, parts)


def rule_seed(parts: list[Any]) -> SeedX:
    rest = tuple(PartX(*part) if isinstance(part, ClauseX) else part for part in parts[1:])
    return SeedX(parts[0], rest, parts[0].start, _end(parts[-1]))


def rule_count(parts: list[Any]) -> CountX:
    kind = "molecules" if parts[0].type == "COUNT_MOLECULES" else "species"
    patterns = tuple(part for part in parts if isinstance(part, CountedX))
    return CountX(Word("", 0, 0), None, kind, patterns, _start(parts[0]), patterns[-1].end)


def rule_observable(parts: list[Any], count: CountX) -> list[Any]:
    """``observable NAME "label" = molecules …``, with a `count` among its parts."""
    name = build._word(parts[1])
    notes = [part for part in parts if isinstance(part, ClauseX)]
    label: Any = notes[0].items[0] if notes else None
    end = max([count.end, *(note.end for note in notes)])
    return build._each([count._replace(name=name, label=label, start=name.start, end=end)], parts)


def rule_energy(parts: list[Any]) -> list[Any]:
    inner = [part for part in parts if not (_is_token(part) or isinstance(part, LoopsX))]
    pattern, energy, *notes = inner
    note: Any = notes[0].items[0] if notes else None
    made = EnergyPatternX(pattern, energy, note, _start(parts[0]), inner[-1].end)
    return build._each([made], parts)


def rule_population(parts: list[Any]) -> list[Any]:
    pattern = next(part for part in parts if isinstance(part, PatternX))
    clause = next(part for part in parts if isinstance(part, ClauseX))
    name = _named(parts[1].value, parts[1].start_pos)
    return build._each([PopulationMapX(name, pattern, clause, _start(parts[0]), clause.end)], parts)


def rule_limit(parts: list[Token]) -> SettingX:
    name, text = build._word(parts[0]), parts[2]
    value = TextX(text.value[1:-1], text.start_pos, text.end_pos)
    return SettingX("", name, value, name.start, value.end)
