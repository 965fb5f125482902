"""``mscnet doctor``: what is installed, compiled and missing."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscnet import __version__, assets, kernels
from mscnet.cli.console import Console
from mscnet.cli.exits import Exit
from mscnet.records import dataclass

if TYPE_CHECKING:
    from packaging.requirements import Requirement

EXAMPLES = """examples:
  mscnet doctor
  mscnet doctor --json"""

#: Extras for those who work on mscnet itself; what they lack is nobody's loss.
_FOR_DEVELOPERS = ("bench", "dev", "test")

_WITHOUT_KERNELS = (
    "SciPy integrates instead, more slowly. With a C compiler installed, "
    "MSCNET_BUILD_KERNELS=require before `pip install` says why they cannot be compiled"
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package that mscnet needs, or an extra does; `version` is None where it is not installed."""

    name: str
    needed: str
    version: str | None
    good: bool

    def line(self) -> str:
        """``numpy 2.3.1``, with what is wrong about it."""
        if self.version is None:
            return f"{self.name} missing"
        return f"{self.name} {self.version}" + ("" if self.good else f" (needed: {self.needed})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print it all as one object")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Prints what there is to stdout, what is wrong to stderr; exit code 1 where something needed is."""
    problems: list[tuple[str, str]] = []
    report = _report(problems)
    if arguments.json:
        console.result_json(report)
    else:
        console.result(_text(report))
        if not report["kernels"]["compiled"]:
            console.remark("note", f"there are no compiled kernels: {report['kernels']['reason']}", _WITHOUT_KERNELS)
    for problem, hint in problems:
        console.remark("error", problem, hint)
    return Exit.WRONG_INPUT if problems else Exit.DONE


def _report(problems: list[tuple[str, str]]) -> dict[str, Any]:
    """Everything there is to say, as JSON takes it; what is wrong is added to `problems` with its remedy."""
    dependencies, extras = _packages(problems)
    for package in dependencies:
        if not package.good:
            hint = f"pip install '{package.needed}'"
            problems.append((f"mscnet needs {package.needed}; {package.line()}", hint))
    return {
        "mscnet": {"version": __version__, "path": str(Path(__file__).parent.parent)},
        "python": {"version": platform.python_version(), "path": sys.executable},
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "kernels": _kernels(),
        "grammars": _place("grammars", problems),
        "mechanisms": _place("mechanisms", problems),
        "errors": _place("errors", problems),
        "dependencies": [asdict(package) for package in dependencies],
        "extras": {name: [asdict(package) for package in packages] for name, packages in extras.items()},
        "problems": [problem for problem, _ in problems],
    }


def _kernels() -> dict[str, Any]:
    core = kernels.core()
    path = None if core is None else core.__file__
    return {"compiled": core is not None, "path": path, "reason": kernels.reason()}


def _place(name: str, problems: list[tuple[str, str]]) -> str | None:
    """Where the folder `name` of ours is."""
    try:
        return str(assets.place(name))
    except FileNotFoundError:
        problems.append((f"the folder of {name} that belongs to mscnet is missing", "pip install --force-reinstall"))
        return None


def _packages(problems: list[tuple[str, str]]) -> tuple[list[Package], dict[str, list[Package]]]:
    """The packages that mscnet declares to need, and those of each extra."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        problems.append(("mscnet needs packaging, which is missing", "pip install packaging"))
        return [], {}
    try:
        declared = [Requirement(text) for text in metadata.requires("mscnet") or ()]
        extras = metadata.metadata("mscnet").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:  # its sources are on the path, with nothing that says what they need
        return [], {}
    needed = [_package(each) for each in declared if _applies(each, "")]
    others = {
        # what names mscnet itself only gathers other extras
        extra: [_package(each) for each in declared if each.name != "mscnet" and _applies(each, extra)]
        for extra in sorted(extras)
    }
    return needed, {extra: [each for each in found if each not in needed] for extra, found in others.items()}


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _package(requirement: Requirement) -> Package:
    needed = f"{requirement.name}{requirement.specifier}"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Package(requirement.name, needed, None, False)
    return Package(requirement.name, needed, version, requirement.specifier.contains(version, prereleases=True))


def _text(report: dict[str, Any]) -> str:
    rows = [
        ("mscnet", f"{report['mscnet']['version']}, {report['mscnet']['path']}"),
        ("Python", f"{report['python']['version']}, {report['python']['path']}"),
        ("platform", f"{report['platform']}, cores: {report['cores']}"),
        ("kernels", f"compiled, {report['kernels']['path']}" if report["kernels"]["compiled"] else "none"),
        ("grammars", report["grammars"] or "missing"),
        ("mechanisms", report["mechanisms"] or "missing"),
        ("pages on codes", report["errors"] or "missing"),
        ("needs", _listed(report["dependencies"]) or "not known: mscnet runs without having been installed"),
    ]
    for extra, packages in report["extras"].items():
        if packages and extra not in _FOR_DEVELOPERS:
            complete = all(package["good"] for package in packages)
            remedy = "" if complete else f": pip install 'mscnet[{extra}]'"
            rows.append((f"extra {extra}", _listed(packages) + remedy))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {what}" for name, what in rows)


def _listed(packages: list[dict[str, Any]]) -> str:
    return ", ".join(Package(**package).line() for package in packages)
