"""Parser actions of imports and derived pathways."""

from __future__ import annotations

from typing import Any

from mscnet.language.build import _end as end_of
from mscnet.language.build import _flat as flat
from mscnet.language.build import _is_token as is_token
from mscnet.language.build import _start as start_of
from mscnet.language.build import _text as text_of
from mscnet.language.build import _word as word_of
from mscnet.language.syntax import ClauseX, ImportX, PartX, PathwayX

#: Tokens that are names, the second with loop variables.
_NAMES = ("NAME", "TEMPLATE")


def import_file(parts: list[Any]) -> ImportX:
    path = next(part for part in parts if is_token(part) and part.type == "STRING")
    prefix = next((word_of(part) for part in parts if is_token(part) and part.type == "NAME"), None)
    place: Any = next((part.items[0] for part in parts if isinstance(part, PartX)), None)
    inner = [part for part in parts if not is_token(part) and not isinstance(part, PartX)]
    return ImportX(text_of(path), prefix, flat(inner), start_of(parts[0]), end_of(parts[-1]), place)


def derived_without(parts: list[Any]) -> Any:
    words = tuple(word_of(part) for part in parts if not is_token(part) or part.type in _NAMES)
    return ClauseX("without", words, start_of(parts[0]), words[-1].end)


def derived_pathway(parts: list[Any]) -> PathwayX:
    names = [word_of(part) for part in parts if is_token(part) and part.type in _NAMES]
    clauses = [part for part in parts if isinstance(part, ClauseX)]
    label: Any = next((clause.items[0] for clause in clauses if clause.kind == "note"), None)
    without: Any = tuple(word for clause in clauses if clause.kind == "without" for word in clause.items)
    inner = [part for part in parts if not isinstance(part, ClauseX)]
    start, end = start_of(parts[0]), end_of(parts[-1])
    return PathwayX(names[0], label, flat(inner), start, end, tuple(names[1:]), without)
