"""The house keeps its shape: imports go one way, files and functions stay small, nothing runs a user's text."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mscnet

SOURCE = Path(__file__).parent.parent / "src" / "mscnet"

#: The rooms from the ground up; a module imports from its own room and those below.
FLOORS = (
    ("records", "checkpoint"),
    ("diagnostics", "excerpt", "codes", "assets", "kernels"),
    ("mechanism",),
    ("language",),
    ("rules",),
    ("network",),
    ("kinetics",),
    ("interop",),
    ("simulation",),
    ("experiment",),
    ("inference",),
    ("report",),
    ("lsp",),
    ("cli",),
    ("__init__", "__main__"),
)
RANK = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

#: The doors upwards: what an object offers as a method of its own though a later room does the work.
#: Such an import stands inside the method (or under TYPE_CHECKING), never at the top of the module.
DOORS = {
    ("mechanism.mechanism", "network.network"): "Mechanism.network() begins most users' scripts",
    ("mechanism.mechanism", "network.loops"): "Mechanism.loops(): detailed balance, which reading a text checks too",
    ("mechanism.mechanism", "rules.expand"): "Mechanism.expanded: the network of its rules",
    ("language.rule_checks", "rules.check"): "reading a text tries its rules, and tells of a species that stands twice",
    ("mechanism.mechanism", "rules.contact"): "Mechanism.contact_map(): what can bind what",
    ("mechanism.mechanism", "rules.influence"): "Mechanism.influence_map(): which rule helps or hinders which",
    ("mechanism.mechanism", "rules.diagram"): "Mechanism.rule_diagrams(): each rule before and after",
    ("rules.contact", "report.rule_dot"): "ContactMap.to_dot()",
    ("rules.contact", "report.contact_picture"): "a ContactMap shows its picture in a notebook",
    ("rules.influence", "report.rule_dot"): "InfluenceMap.to_dot()",
    ("rules.influence", "report.influence_picture"): "an InfluenceMap shows its picture in a notebook",
    ("rules.diagram", "report.rule_dot"): "Diagram.to_dot()",
    ("rules.diagram", "report.rule_picture"): "a Diagram shows its picture in a notebook",
    ("mechanism.mechanism", "report.summary"): "a Mechanism shows its summary in a notebook",
    ("network.network", "kinetics.symbolic"): "Network.rate_equations(), .jacobian() and their LaTeX",
    ("network.network", "kinetics.reduce"): "Network.reduced_equations()",
    ("network.network", "kinetics.fast_check"): "Network.fast_faults(), which reading a text checks too",
    ("simulation.trajectory", "report.plots"): "Trajectory.plot() draws a run in a notebook",
    ("inference.comparison", "report.compare"): "a Comparison shows its ranking in a notebook and when it is printed",
    ("inference.comparison", "report.compare_files"): "Comparison.save() writes tables and pictures",
    ("inference.design_result", "report.design"): "a Design shows its protocol, and Design.save() writes it",
    ("inference.result", "report.fit"): "a FitResult shows its values in a notebook",
    ("inference.result", "report.fit_files"): "FitResult.save() writes tables and pictures",
    ("simulation.repeats", "report.repeats"): "Repeats.plot() draws runs and their mean in a notebook",
}

#: Slow to import, so that `import mscnet` and the commands that do not need them never load them.
HEAVY = ("scipy", "sympy", "lark", "pandas", "xarray", "matplotlib", "networkx")

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60

RUNS_TEXT = {"eval", "exec", "sympify", "parse_expr", "os.system", "pickle.load", "pickle.loads"}

FILES = sorted(SOURCE.rglob("*.py"))
TREES = {file: ast.parse(file.read_text(encoding="utf-8"), str(file)) for file in FILES}


def module_name(file: Path) -> str:
    """``mechanism.mechanism`` for src/mscnet/mechanism/mechanism.py, ``mechanism`` for that room's __init__."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_name(file) for file in FILES}


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules of ours that a statement imports; the root package is ``__init__``."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif node.module is not None and node.level == 0:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        names = [f"mscnet.<relative import in line {node.lineno}>"]
    for name in names:
        package, _, inner = name.partition(".")
        if package == "mscnet" and inner != "__version__":
            # The last part of `from a.b import c` may be a module or something in one.
            yield next((known for known in (inner, inner.rpartition(".")[0]) if known in MODULES), "__init__")


def imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Every module of ours that a module imports anywhere, and whether only lazily (or for its types)."""
    deferred = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_type_checking(outer)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in imported(node):
                yield name, id(node) in deferred


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def dotted(node: ast.expr) -> str:
    """``a.b`` for an attribute or a name, with only the last two parts."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value).rpartition('.')[2]}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def places(files_and_lines: Iterator[tuple[Path, int, str]]) -> list[str]:
    return [f"{file.relative_to(SOURCE)}:{line} {what}" for file, line, what in files_and_lines]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_go_one_way(file: Path) -> None:
    own = module_name(file)
    wrong = [
        f"{own} imports {other}"
        for other, lazily in imports(TREES[file])
        if RANK[other.partition(".")[0]] > RANK[own.partition(".")[0]] and not (lazily and (own, other) in DOORS)
    ]
    assert wrong == []


def test_every_door_is_used() -> None:
    used = {(module_name(file), other) for file, tree in TREES.items() for other, _ in imports(tree)}
    assert sorted(set(DOORS) - used) == []


def test_no_module_runs_text_as_code() -> None:
    calls = (
        (file, node.lineno, dotted(node.func))
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            dotted(node.func) in RUNS_TEXT
            or dotted(node.func).rpartition(".")[2] in {"sympify", "parse_expr"}
            or any(keyword.arg == "shell" for keyword in node.keywords)
        )
    )
    assert places(calls) == []


def test_every_module_says_what_it_is_for() -> None:
    assert places((file, 1, "") for file, tree in TREES.items() if not ast.get_docstring(tree)) == []


def test_no_file_is_too_long() -> None:
    lengths = ((file, len(file.read_text(encoding="utf-8").splitlines())) for file in FILES)
    assert places((file, lines, "lines") for file, lines in lengths if lines > MOST_LINES_OF_A_FILE) == []


def test_no_function_is_too_long() -> None:
    functions = (
        (file, node.lineno, node.name)
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    )
    assert places(functions) == []


def test_importing_mscnet_loads_nothing_heavy() -> None:
    code = "import sys, mscnet; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(set(loaded) & set(HEAVY)) == []


def test_a_public_name_is_never_hidden_by_a_module() -> None:
    # Importing `language/load.py` would bind `mscnet.language.load` to the module instead of the function.
    for name in MODULES - {"__init__", "__main__"}:
        importlib.import_module(f"mscnet.{name}")
    assert [name for name in mscnet.__all__ if isinstance(getattr(mscnet, name), ModuleType)] == []


def test_dataclasses_are_those_that_cost_nothing_at_import() -> None:
    """`mscnet.records` makes their methods when they are called."""
    makers = [
        f"{module_name(file)}:{node.lineno}"
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and any(alias.name in ("dataclass", "field", "replace") for alias in node.names)
        and module_name(file) != "records"
    ]
    assert makers == []
