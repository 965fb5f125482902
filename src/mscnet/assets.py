"""Finds the grammars, mechanisms and pages on codes that ship with mscnet; no other module looks for files of ours.

They stand inside the package in a wheel, installed or still zipped, and at the top level of a checkout (an
editable install).  Nothing outside these places is ever read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_MECHANISM_SUFFIX = ".mech"
#: Where a checkout has a folder that a wheel has under its name.
_IN_CHECKOUT = {"errors": "docs/errors"}


def grammar_text(name: str) -> str:
    """The text of the grammar file `name`, such as ``mech.lark``; raises FileNotFoundError."""
    return place("grammars").joinpath(name).read_text(encoding="utf-8")


def mechanism_names() -> tuple[str, ...]:
    """The names of the mechanisms that ship with mscnet, sorted: ``cdtese``, ``michaelis_menten`` …"""
    return tuple(sorted(_mechanisms()))


def mechanism_text(name: str) -> tuple[str, str]:
    """The display name and the text of the shipped mechanism `name`; raises KeyError.

    The display name, ``mechanisms/<topic>/<name>.mech``, is what messages call the text by.
    """
    shown, file = _mechanisms()[name]
    return shown, file.read_text(encoding="utf-8")


@cache
def _mechanisms() -> dict[str, tuple[str, Traversable]]:
    """Display name and file of every shipped mechanism, by the file's stem."""
    found: dict[str, tuple[str, Traversable]] = {}
    folders = [("mechanisms", place("mechanisms"))]
    while folders:
        shown, folder = folders.pop()
        for entry in folder.iterdir():
            path = f"{shown}/{entry.name}"
            if entry.is_dir():
                folders.append((path, entry))
            elif entry.name.endswith(_MECHANISM_SUFFIX):
                found[entry.name.removesuffix(_MECHANISM_SUFFIX)] = (path, entry)
    return found


@cache
def place(name: str) -> Traversable:
    """The folder `name` of ours: inside the package, else at the top level of the checkout.

    Raises:
        FileNotFoundError: it is in neither place.
    """
    package = Path(__file__).parent
    folders: list[Traversable] = [package / name]
    if package.parent.name == "src":
        folders.append(package.parent.parent / _IN_CHECKOUT.get(name, name))
    for folder in folders:
        if folder.is_dir():
            return folder
    return _zipped_folder(name)


def _zipped_folder(name: str) -> Traversable:
    from importlib.resources import files  # 20 ms, needed only where the package is no folder on disk

    folder = files("mscnet").joinpath(name)
    if not folder.is_dir():
        raise FileNotFoundError(f"mscnet's folder {name!r} is missing: install mscnet again")
    return folder
