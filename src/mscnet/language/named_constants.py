"""``A -> B @ k1 = 0.1 /s``: a constant that is given its value where it is used, which the language does not do."""

from __future__ import annotations

from mscnet.diagnostics import Edit, Fix, appending
from mscnet.language.scope import Reporter
from mscnet.language.syntax import LawX


def refuse_named(law: LawX, report: Reporter) -> None:
    """Report a law with a name and a value, with the fix that declares the parameter in a line of its own."""
    assert law.name is not None
    name = law.name.name
    text = report.source.text[law.expression.start : law.expression.end]
    whole = report.span(law.start, law.end)
    line = f"parameter {name} = {' '.join(text.split())}"
    (declare,) = appending("", line).fixes(whole)
    fix = Fix(f"write `{name}` here, and add `{line}`", (Edit(whole, name), *declare.edits), True)
    message = f"`{name}` is used here, so it cannot be given its value here"
    hint = f"write `{name}` here, and `{line}` in a line of its own"
    report.error("E002", message, law.start, law.end, hint, (), (fix,))
