"""Parser actions of bands, the instrument and data files."""

from __future__ import annotations

from typing import Any

from mscnet.language.build import _end as end_of
from mscnet.language.build import _is_token as is_token
from mscnet.language.build import _start as start_of
from mscnet.language.build import _text as text_of
from mscnet.language.build import _word as word_of
from mscnet.language.syntax import SeenX, SettingX, Text, Word
from mscnet.language.syntax_facts import DataX, EntryX, ShapeX


def optic_shape(parts: list[Any]) -> ShapeX:
    path = next((text_of(p) for p in parts[1:] if is_token(p) and p.type == "STRING"), None)
    settings = tuple(part for part in parts if isinstance(part, SettingX))
    return ShapeX(word_of(parts[0]), path, settings, start_of(parts[0]), end_of(parts[-1]))


def optic_band(parts: list[Any]) -> SeenX:
    shapes = tuple(part for part in parts if isinstance(part, ShapeX))
    return SeenX("band", word_of(parts[1]), shapes, start_of(parts[0]), end_of(parts[-1]))


def optic_entry(parts: list[Any]) -> EntryX:
    argument = parts[2] if len(parts) > 3 else None
    value = text_of(parts[-1]) if is_token(parts[-1]) else parts[-1]
    return EntryX(word_of(parts[0]), argument, value, start_of(parts[0]), end_of(parts[-1]))


def optic_instrument(parts: list[Any]) -> SeenX:
    return SeenX("instrument", None, _entries(parts), start_of(parts[0]), end_of(parts[-1]))


def optic_format(parts: list[Any]) -> Word:
    return word_of(parts[1])


def optic_data(parts: list[Any]) -> SeenX:
    path: Text = text_of(parts[2])
    form = next((part for part in parts if isinstance(part, Word)), None)
    content = DataX(path, form, _entries(parts))
    return SeenX("data", word_of(parts[1]), content, start_of(parts[0]), end_of(parts[-1]))


def _entries(parts: list[Any]) -> tuple[EntryX, ...]:
    return tuple(part for part in parts if isinstance(part, EntryX))
