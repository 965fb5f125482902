"""Every example in the documentation does what the page says.

A fenced block's first word is its kind.  ``mech`` must load, ``mech error`` must be refused; a further word is the
name of a file that later blocks of the page find.  ``csv`` is a table, with its name, there from the beginning.
``sh`` lines that call mscnet run in this process, with exit code 0 unless ``exit=N`` says another; ``python`` blocks
run one after the other in one namespace.  A ``text`` block right after one of these is what it prints, numbers to four
digits; a line ``…`` stands for any lines.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mscnet
from mscnet.cli.main import main
from mscnet.mechanism.units import UNITS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "mechanisms").rglob("*.md"))]

#: Packages of extras that a page's examples need; it is skipped where one is missing.
NEEDS = {"uncertainty.md": ("emcee", "arviz_stats"), "decompose.md": ("pymcr",)}

#: Pages of fits and searches, whose examples take several seconds.
SLOW = {"compare.md", "decompose.md", "design.md", "fit.md", "propose.md", "scans.md", "uncertainty.md"}

_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, the words after it, its text, and the output that the page shows for it."""

    kind: str
    words: tuple[str, ...]
    text: str
    output: str | None
    line: int


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    blocks = []
    for match, after in zip(found, [*found, None][1:], strict=True):
        shown = after is not None and after[1] == "text" and not text[match.end() : after.start()].strip()
        output = after[3] if after is not None and shown else None
        blocks.append(
            Block(match[1], tuple(match[2].split()), match[3], output, text.count("\n", 0, match.start()) + 1)
        )
    return blocks


def _marked(page: Path) -> Any:
    marks = [pytest.mark.slow] if page.name in SLOW else []
    return pytest.param(page, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.mark.parametrize("page", [_marked(page) for page in PAGES])
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDS.get(page.name, ()):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    namespace: dict[str, Any] = {"__name__": "__example__"}
    blocks = blocks_of(page)
    for table in blocks:
        if table.kind in ("csv", "bngl") and table.words:
            (tmp_path / table.words[0]).write_text(table.text, encoding="utf-8")
    for block in blocks:
        with located(page, block):
            if block.kind == "mech":
                check_mechanism(block, tmp_path)
            elif block.kind == "sh" and "mscnet " in block.text and "pip" not in block.text:
                compare(run_commands(block, monkeypatch), block.output)
            elif block.kind == "python":
                compare(run_python(block, page, namespace), block.output)


@contextlib.contextmanager
def located(page: Path, block: Block) -> Any:
    try:
        yield
    except Exception as error:
        error.add_note(f"in the block at {page.relative_to(ROOT)}:{block.line}")
        raise


def check_mechanism(block: Block, folder: Path) -> None:
    names = [word for word in block.words if word != "error"] or ["example.mech"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(block.text, encoding="utf-8")
    found = mscnet.check(folder / names[0])
    errors = [f"{d.code}: {d.message}" for d in found.diagnostics if d.severity == "error"]
    if "error" in block.words:
        assert errors, "this block is marked as wrong, but loads"
    else:
        assert not errors


def run_commands(block: Block, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything that the mscnet commands of a block print, as a terminal would show it."""
    wanted = next((int(word.removeprefix("exit=")) for word in block.words if word.startswith("exit=")), 0)
    shown = io.StringIO()
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if "mscnet" not in words:
            continue
        given = " ".join(words[1 : words.index("|")]) + "\n" if words[0] == "echo" else ""
        words = words[words.index("mscnet") + 1 :]
        words = words[: min((words.index(stop) for stop in ("|", ">") if stop in words), default=len(words))]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            code = main(words)
        assert code == wanted, f"{line}\nexit code {code}\n{shown.getvalue()}"
    return shown.getvalue()


def run_python(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile("\n" * block.line + block.text, str(page), "exec"), namespace)
    return shown.getvalue()


def compare(actual: str, expected: str | None) -> None:
    """Holds what was printed against the page: text exactly, numbers to four digits."""
    if expected is not None:
        got, wanted = ([line.rstrip() for line in text.strip().splitlines()] for text in (actual, expected))
        assert fits(got, wanted), f"the page shows\n{expected}\nprinted is\n{actual}"


def fits(got: list[str], wanted: list[str]) -> bool:
    if not wanted:
        return not got
    if wanted[0].strip() == "…":
        return any(fits(got[i:], wanted[1:]) for i in range(len(got) + 1))
    return bool(got) and alike(got[0], wanted[0]) and fits(got[1:], wanted[1:])


def alike(a: str, b: str) -> bool:
    if re.sub(r"\s+", " ", _NUMBER.sub("0", a)) != re.sub(r"\s+", " ", _NUMBER.sub("0", b)):
        return False
    pairs = zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True)
    return all(x == y or float(x) == pytest.approx(float(y), rel=1e-3, abs=1e-12) for x, y in pairs)


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8")))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken


def test_the_table_of_units_names_what_there_is() -> None:
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    table = page[page.index("| of | units | with prefixes |") : page.index('"`fs` … `ms`" stands for')]
    named = set(re.findall(r"`([^`]+)`", table)) - {"%"}
    assert named <= set(UNITS)


def test_the_library_of_mechanisms_lists_every_one() -> None:
    page = (ROOT / "docs" / "mechanisms.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)
    from mscnet import assets

    assert sorted(listed) == list(assets.mechanism_names())
