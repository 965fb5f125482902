"""Runs the benchmarks and prints their tables: ``python -m benchmarks [NAME…] [--quick] [--json FILE] [--docs]``."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import time
import traceback
from dataclasses import asdict, is_dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.document import write_document

#: Each module has `measure(quick)`, which returns plain figures, `table(result)`, which shows them in Markdown, and
#: perhaps `draw(result, folder)`.
BENCHMARKS = (
    "startup", "single", "sweep", "ssa", "accuracy", "sensitivities", "fitting", "protocols", "scaling", "load",
    "rules", "network_free",
)  # fmt: skip
#: Packages whose versions the figures depend on.
PACKAGES = (
    "mscnet", "numpy", "scipy", "lark", "libroadrunner", "antimony", "copasi-basico", "bionetgen", "rebop",
    "scikit-sundae", "pypesto",
)  # fmt: skip


def main() -> None:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # CPU time is that of one core for all, and threads that wait cost some
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="what mscnet costs beside its peers")
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="few repeats and small sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
    parser.add_argument("--docs", action="store_true", help="write the tables and diagrams of docs/performance.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(BENCHMARKS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")

    print(f"# {machine()}")
    results: dict[str, Any] = {"machine": machine()}
    for name in arguments.only or BENCHMARKS:
        start = time.monotonic()
        shown = run(name, arguments.quick, results)
        print(f"\n## {name}\n\n{shown}\n\n({time.monotonic() - start:.0f} s)", flush=True)
        # after each, so that what is there is kept whatever comes
        if arguments.docs and name in results:
            write_document({"machine": results["machine"], name: results[name]})
        if arguments.json:
            text = json.dumps(finite(results), indent=2, default=plain)
            arguments.json.write_text(text + "\n", encoding="utf-8")


def run(name: str, quick: bool, results: dict[str, Any]) -> str:
    """Measures one benchmark into `results`; its table, or what went wrong: nothing here fails a run."""
    try:
        module = import_module(f"benchmarks.{name}")
        found = module.measure(quick)
        shown = str(module.table(found))
    except Exception:
        return f"this benchmark did not finish:\n\n{traceback.format_exc()}"
    results[name] = found
    return shown


def machine() -> str:
    """What the figures depend on besides mscnet."""
    libraries = ", ".join(f"{name} {found}" for name in PACKAGES if (found := installed(name)))
    return f"Python {platform.python_version()}, {libraries}; {processor()}, {os.cpu_count()} cores"


def installed(name: str) -> str | None:
    """The version of a package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def finite(value: Any) -> Any:
    """Figures without the infinite ones, which JSON does not have."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return finite(asdict(value))
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain(value: object) -> Any:
    """A figure of NumPy's as JSON."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"no figure: {value!r}")


if __name__ == "__main__":
    main()
