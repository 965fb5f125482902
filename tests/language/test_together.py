"""Constructs of the language that meet: imports, families, events, thermodynamics, pathways, fixes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mscnet
from mscnet.language.mending import mend
from mscnet.language.source import read_source

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, by name, and gives the path of the last."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / f"{name}.mech"
            path.write_text(text, encoding="utf-8")
        return path

    return write


def codes(path: Path) -> list[str]:
    return [finding.code for finding in mscnet.check(path).diagnostics]


# --- fixes and imports --------------------------------------------------------------------------------------


def test_a_file_with_imports_is_mended(write: Write) -> None:
    whole = write(part="A -> B @ 0.1 /s\n", whole='import "part.mech" as p\np.B => C @ 0.1 /s\n')
    mended = mend(read_source(whole))
    assert mended.source.text == 'import "part.mech" as p\np.B -> C @ 0.1 /s\n'
    assert mended.result.mechanism is not None


def test_fixes_of_imported_files_are_not_made_in_the_file_that_imports(write: Write) -> None:
    whole = write(part="A => B @ 0.1 /s\n", whole='import "part.mech" as p\nB --> C @ 0.1 /s\n')
    assert mend(read_source(whole)).source.text == 'import "part.mech" as p\nB -> C @ 0.1 /s\n'


def test_a_finding_in_an_imported_file_carries_its_fix_there(write: Write) -> None:
    whole = write(part="A => B @ 0.1 /s\n", whole='import "part.mech" as p\nB -> C @ 0.1 /s\n')
    (finding,) = mscnet.check(whole).diagnostics
    (fix,) = finding.fixes
    assert (fix.edits[0].span.source.path, fix.edits[0].replacement) == (str(whole.with_name("part.mech")), "->")


def test_balance_of_an_imported_reaction_is_told_in_its_file(write: Write) -> None:
    part = "species H2 of H2, O2 of O2, W of H2O\nH2 + O2 -> W @ k\n"
    whole = write(part=part, whole='import "part.mech" as p\np.W -> X @ 0.1 /s\n')
    found = {f.code: f for f in mscnet.check(whole).diagnostics}
    assert found["E050"].span is not None
    assert found["E050"].span.source.name.endswith("part.mech")


def test_a_whole_law_in_an_imported_file_is_no_warning_here(write: Write) -> None:
    whole = write(part="A -> B @ k1*[A]\n", whole='import "part.mech" as p\np.B -> C @ 0.1 /s\n')
    assert codes(whole) == []
