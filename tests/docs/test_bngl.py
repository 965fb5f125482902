"""Every row of the tables of constructs in docs/bngl.md does what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscnet import interop
from mscnet.diagnostics import UNSUPPORTED, Source

PAGE = (Path(__file__).parents[2] / "docs" / "bngl.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(.+?)` \| (.+?) \|$", re.MULTILINE)
MODEL = re.findall(r"^```bngl\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0]


def rows() -> Iterator[tuple[str, str, str]]:
    """Block, text and what it becomes."""
    part = PAGE.partition("## Every construct")[2].partition("\n## ")[0]
    for section in part.split("\n### ")[1:]:
        block, _, body = section.partition("\n")
        for text, becomes in _ROW.findall(body):
            yield block, text.replace("\\|", "|"), becomes


ROWS = list(rows())


def test_every_block_has_rows() -> None:
    from mscnet.interop.bngl_lines import BLOCKS

    assert {block for block, _, _ in ROWS} == set(BLOCKS) - {"species"}


@pytest.mark.parametrize(("block", "text", "becomes"), ROWS, ids=[text for _, text, _ in ROWS])
def test_row(block: str, text: str, becomes: str) -> None:
    added = text if block == "actions" else f"begin {block}\n{text}\nend {block}"
    result = interop.read(Source("row.bngl", f"{MODEL}{added}\n"))
    errors = [finding for finding in result.diagnostics if finding.severity == "error"]
    if becomes.startswith("refused"):
        assert [error.code for error in errors] == [UNSUPPORTED]
    elif "an error" in becomes:
        assert errors
        assert UNSUPPORTED not in [error.code for error in errors]
    else:
        assert errors == []
        assert result.mechanism is not None
    if ", with a" in becomes or "a note" in becomes:
        assert {finding.severity for finding in result.diagnostics} & {"note", "warning"}
    shown = result.mechanism.structure if result.mechanism else None
    if shown is not None and block == "reaction rules":
        assert shown.rules
