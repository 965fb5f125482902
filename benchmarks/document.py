"""Writes what was measured into docs/performance.md: the tables between marks, the diagrams beside them."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"


def write_document(results: dict[str, Any], document: Path = DOCUMENT) -> None:
    """Puts the table of every benchmark in `results` into its place in `document`, and draws its diagrams.

    A table stands between ``<!-- NAME -->`` and ``<!-- end NAME -->``; what was not measured stays as it is.
    """
    text = document.read_text(encoding="utf-8")
    for name, result in results.items():
        if name == "machine":
            text = put(text, name, f"Measured with {result}.")
            continue
        module = import_module(f"benchmarks.{name}")
        text = put(text, name, module.table(result))
        if hasattr(module, "draw"):
            folder = document.parent / "pictures"
            folder.mkdir(exist_ok=True)
            module.draw(result, folder)
    document.write_text(text, encoding="utf-8")


def put(text: str, name: str, table: str) -> str:
    """`text` with `table` between the marks of `name`.

    Raises:
        ValueError: there are no such marks.
    """
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the document has no marks for {name}")
    return pattern.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)
