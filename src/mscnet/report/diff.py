"""What two mechanisms differ in, for people."""

from __future__ import annotations

from collections.abc import Iterator

from mscnet.mechanism.difference import CATEGORIES, Change, Difference

_COLOURS = {"-": "31", "+": "32", "~": "33", "head": "1"}


def diff_text(difference: Difference, colour: bool = False) -> str:
    """The differences in groups: ``-`` only the first has, ``+`` only the second, ``~`` both, but otherwise."""
    lines = [_paint(f"{difference.before} → {difference.after}", "head", colour)]
    for category in CATEGORIES:
        changes = difference.of(category)
        if changes:
            lines += ["", _paint(category, "head", colour)]
            lines += [line for change in changes for line in _change(change, colour)]
    lines += ["", *_renamed(difference), _verdict(difference)]
    return "\n".join(lines)


def _change(change: Change, colour: bool) -> Iterator[str]:
    where = f"   (pathway {change.pathway})" if change.pathway else ""
    if change.kind == "removed":
        yield _paint(f"  - {change.before or change.name}{where}", "-", colour)
    elif change.kind == "added":
        yield _paint(f"  + {change.after or change.name}{where}", "+", colour)
    elif change.category in ("compartments", "constants", "initial values", "species"):
        what = f" {change.what}" if change.what else ""
        yield _paint(f"  ~ {change.name}{what}: {change.before} → {change.after}{where}", "~", colour)
    else:
        what = f": {change.what}" if change.what else ""
        yield _paint(f"  ~ {change.name}{what}{where}", "~", colour)
        yield from (_paint(f"      - {change.before}", "-", colour),) if change.before else ()
        yield from (_paint(f"      + {change.after}", "+", colour),) if change.after else ()


def _renamed(difference: Difference) -> Iterator[str]:
    kinds = dict.fromkeys(kind for kind, _, _ in difference.renamed)
    for kind in kinds:
        pairs = [f"{a} → {b}" for k, a, b in difference.renamed if k == kind]
        more = f" … and {len(pairs) - 20} more" if len(pairs) > 20 else ""
        yield f"other names ({kind}): {', '.join(pairs[:20])}{more}"


def _verdict(difference: Difference) -> str:
    count = len(difference.changes)
    if not count:
        return "alike: nothing differs but names, order and layout"
    said = "1 difference" if count == 1 else f"{count} differences"
    if difference.undecided:
        said += "; whether other pairs of names would leave fewer could not be decided in the limit"
    return said


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour else text
