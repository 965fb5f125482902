"""The pages on codes, written in Markdown, as text for a terminal."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^```(\w*)(.*)$")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def for_terminal(page: str, colour: bool = False) -> str:
    """A page without the marks of Markdown: titles stand out, code is set in, links are their words."""
    lines: list[str] = []
    inside = False
    for line in page.strip().splitlines():
        fence = _FENCE.match(line)
        if fence:
            inside = not inside
            continue
        if inside:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            lines.append(_bold(line.lstrip("# "), colour))
        else:
            lines.append(_LINK.sub(r"\1", line))
    return "\n".join(lines)


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text
