"""Runs the benchmarks and prints their tables: ``python -m benchmarks [--quick] [--json out.json]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import load, startup

#: Each module has `measure(quick)`, which returns plain figures, and `table(result)`, which shows them.
BENCHMARKS = {"startup": startup, "load": load}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="what mscnet costs beside its peers")
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="few repeats and small sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(BENCHMARKS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")

    print(f"# {machine()}")
    results = {"machine": machine()}
    for name in arguments.only or BENCHMARKS:
        results[name] = BENCHMARKS[name].measure(arguments.quick)
        print(f"\n## {name}\n{BENCHMARKS[name].table(results[name])}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2, default=plain) + "\n", encoding="utf-8")


def machine() -> str:
    """What the figures depend on besides mscnet."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "lark"))
    return f"Python {platform.python_version()}, {libraries}, {platform.machine()}, {os.cpu_count()} cores"


def plain(value: object) -> dict[str, Any]:
    """A figure as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"no figure: {value!r}")


if __name__ == "__main__":
    main()
