"""Every code has a page, whose example gives that code and no other, and whose remedy is free of it.

A code that is used in ``src`` needs a line in ``src/mscnet/codes.py``, a page ``docs/errors/CODE.md``, and a line in
``docs/errors/README.md``.  On a page the first block is the example and the last, behind "How to mend it", the remedy:

- ``mech error`` (``mech`` for warnings and notes, ``mech strict`` for those of ``check --strict``, ``mech network`` for
  those of the network that rules make): a mechanism;
- ``python``: code that raises the error, or leaves the findings in the name `found`;
- ``sh``: a command that prints the code.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mscnet
from mscnet import codes
from mscnet.cli.main import main
from mscnet.rules.expand import expand_network
from tests.docs.test_examples import ROOT, Block, blocks_of

PAGES = ROOT / "docs" / "errors"
SOURCE = ROOT / "src" / "mscnet"
_CODE = re.compile(r"[EWN]\d{3}")
#: Codes that their examples cannot be without: after fifty errors comes that of the page; a value that is looped over
#: twice makes its reaction twice.
WITH = {"E001": {"E002"}, "W212": {"W213"}}
#: Faults of mscnet itself, of which there is no example.
WITHOUT_EXAMPLE = {"E250"}
#: Their examples need a package of an extra.
NEEDS = {"E150": "pymcr"}


@cache
def used_codes() -> dict[str, str]:
    """Every code that stands in the sources as a text of its own, with a file that has it."""
    found: dict[str, str] = {}
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.setdefault(node.value, str(file.relative_to(ROOT)))
    return found


def test_every_code_in_use_is_registered() -> None:
    missing = {code: file for code, file in used_codes().items() if code not in codes.CODES}
    assert not missing, f"add a line to src/mscnet/codes.py and a page docs/errors/CODE.md for {missing}"


def test_every_registered_code_is_in_use() -> None:
    assert sorted(set(codes.CODES) - set(used_codes())) == []


def test_there_is_a_page_for_every_code_and_no_other() -> None:
    assert sorted(file.stem for file in PAGES.glob("[EWN]*.md")) == sorted(codes.CODES)


def test_the_index_lists_every_code_in_order() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\(\w+\.md\) \| (.*) \|$", (PAGES / "README.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [(code, entry.title) for code, entry in codes.CODES.items()]


def test_codes_are_in_the_order_of_their_numbers() -> None:
    assert list(codes.CODES) == sorted(codes.CODES, key=lambda code: ("EWN".index(code[0]), code))


def test_no_two_codes_have_one_title() -> None:
    titles = [entry.title for entry in codes.CODES.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("code", codes.CODES)
def test_a_page_begins_with_what_the_registry_says(code: str) -> None:
    entry = codes.CODES[code]
    assert codes.page(code).startswith(f"# {code}: {entry.title}\n\n{entry.summary}\n")


@pytest.mark.parametrize("code", codes.CODES)
def test_links_on_a_page_lead_somewhere(code: str) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)\)", codes.page(code))
    assert [t for t in targets if "://" not in t and not (PAGES / t).exists()] == []


@pytest.mark.parametrize("code", [code for code in codes.CODES if code not in WITHOUT_EXAMPLE])
def test_the_example_gives_the_code_and_the_remedy_does_not(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if code in NEEDS:
        pytest.importorskip(NEEDS[code])
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of(PAGES / f"{code}.md")
    assert blocks, "the page has no example"
    names: dict[str, Any] = {"__name__": "__example__"}
    given = [codes_of(block, names, monkeypatch, capsys) for block in blocks]
    assert given[0] == {code} | WITH.get(code, set())
    if len(blocks) > 1:
        assert code not in given[-1]
        assert not any(c.startswith("E") for c in given[-1])


def codes_of(
    block: Block, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> set[str]:
    if block.kind == "mech" and "network" in block.words:
        return of(expand_network(mscnet.loads(block.text)).findings)
    if block.kind == "mech":
        return of(mscnet.check_text(block.text, strict="strict" in block.words).diagnostics)
    if block.kind == "python":
        names.pop("found", None)
        try:
            exec(compile(block.text, "page", "exec"), names)
        except mscnet.MechanismError as error:
            return of(error.diagnostics)
        return of(names.get("found", ()))
    assert block.kind == "sh"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"A -> B @ 0.1 /s\n"), encoding="utf-8"))
    main(block.text.split()[1:])
    return set(re.findall(r"\w+\[([EWN]\d{3})\]", capsys.readouterr().err))


def of(findings: Iterable[mscnet.Diagnostic]) -> set[str]:
    return {finding.code for finding in findings}
