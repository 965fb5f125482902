"""``fig4.od399`` in facts: the words that are a course of an experiment, told from names of imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mscnet.language.syntax import CallX, Word, WordX
from mscnet.language.syntax_facts import DottedX


def with_owners(node: Any, is_experiment: Callable[[str], bool], is_known: Callable[[str], bool]) -> Any:
    """The syntax of a fact with every dotted word that begins with an experiment as a `DottedX`.

    A name that `is_known` as a whole is one from an import; of any other the last word is taken for the course, so
    that the message speaks of an experiment that is unknown.
    """
    if not isinstance(node, tuple):
        return node
    if isinstance(node, WordX) and "." in node.name:
        return _split(node, Word(node.name, node.start, node.start + len(node.name)), None, is_experiment, is_known)
    parts = [with_owners(part, is_experiment, is_known) for part in node]
    changed = any(a is not b for a, b in zip(parts, node, strict=True))
    if not hasattr(node, "_make"):
        return tuple(parts) if changed else node
    made = node._make(parts) if changed else node
    if isinstance(made, CallX) and "." in made.function.name:
        return _split(made, made.function, made, is_experiment, is_known)
    return made


def _split(
    node: Any, word: Word, call: CallX | None, is_experiment: Callable[[str], bool], is_known: Callable[[str], bool]
) -> Any:
    if is_known(word.name):
        return node
    pieces = word.name.split(".")
    cuts = [i for i in range(len(pieces) - 1, 0, -1) if is_experiment(".".join(pieces[:i]))]
    owner = ".".join(pieces[: cuts[0] if cuts else -1])
    middle = word.start + len(owner)
    name = Word(word.name[len(owner) + 1 :], middle + 1, word.end)
    inner = None if call is None else call._replace(function=name, start=name.start)
    depth = node.depth + (call is not None)
    return DottedX(Word(owner, word.start, middle), (), name, inner, node.start, node.end, depth)
