"""Text to syntax tree: quickly where the text has no syntax error, else by `recovery`, which says what is wrong.

Both have the same grammar, the same tables and the same actions.
"""

from __future__ import annotations

from mscnet.diagnostics import Source
from mscnet.language import lalr
from mscnet.language.lalr import NotTaken, known_tables
from mscnet.language.slips import Slips
from mscnet.language.syntax import StatementX


def parse_file(source: Source) -> tuple[tuple[StatementX, ...], Slips]:
    """The statements of a text, and a diagnostic for every stretch of it that could not be read."""
    return parse_marked(source)[:2]


def parse_marked(source: Source) -> tuple[tuple[StatementX, ...], Slips, bool]:
    """The statements of a text, a diagnostic for every stretch that could not be read, and whether it has families."""
    tables = known_tables()
    if tables is not None:
        try:
            statements, families = lalr.parse_marked(tables, source.text + "\n")
            return statements, Slips(), families
        except NotTaken:
            pass
    from mscnet.language.recovery import parse_with_recovery

    return *parse_with_recovery(source), True
