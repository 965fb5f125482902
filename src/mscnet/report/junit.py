"""Verdicts on facts as JUnit XML, which continuous integration shows as tests."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from mscnet.experiment.phrases import expected_text, shown
from mscnet.experiment.verdict import Verdict
from mscnet.report.files import write_whole

#: Letters that no XML may hold, not even as references.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(verdicts: Sequence[Verdict], suite: str, seconds: float = 0.0) -> bytes:
    """One test case a verdict; a failure says what the verdict says, an experiment that could not be run is an error.
    Value, margin, source and whether a fact is met trivially are properties of its case."""
    failed = sum(v.finished and not v.passed for v in verdicts)
    stopped = sum(not v.finished for v in verdicts)
    counts = {"tests": str(len(verdicts)), "failures": str(failed), "errors": str(stopped), "time": f"{seconds:.3f}"}
    root = ElementTree.Element("testsuites", counts)
    group = ElementTree.SubElement(root, "testsuite", {"name": _clean(suite), **counts, "skipped": "0"})
    for verdict in verdicts:
        _add_case(group, verdict)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _add_case(group: ElementTree.Element, verdict: Verdict) -> None:
    fact = verdict.fact
    name = f"{fact.name}: {fact.text}" if fact.name else fact.text
    attributes = {"classname": _clean(verdict.experiment), "name": _clean(name), "time": "0"}
    if fact.span is not None:
        attributes |= {"file": _clean(fact.span.source.name), "line": str(fact.span.line)}
    case = ElementTree.SubElement(group, "testcase", attributes)
    known = {
        "value": shown(verdict.value, verdict.unit),
        "expected": expected_text(verdict.expected, verdict.tolerance, verdict.unit),
        "margin": "" if math.isnan(verdict.margin) else f"{verdict.margin:.4g}",
        "source": fact.source or "",
        "trivial": "true" if verdict.trivial else "",
    }
    properties = ElementTree.SubElement(case, "properties")
    for key, value in known.items():
        if value:
            ElementTree.SubElement(properties, "property", {"name": key, "value": _clean(value)})
    if not verdict.passed:
        kind = "failure" if verdict.finished else "error"
        told = ElementTree.SubElement(case, kind, {"type": fact.relation, "message": _clean(verdict.sentence)})
        told.text = _clean(f"{name}\n{verdict.sentence}")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def write_junit(path: str | os.PathLike[str], verdicts: Sequence[Verdict], suite: str, seconds: float = 0.0) -> None:
    """Writes `junit_xml` whole or not at all.

    Raises:
        OSError: `path` cannot be written.
    """

    def write(temporary: Path) -> None:
        temporary.write_bytes(junit_xml(verdicts, suite, seconds))

    write_whole(path, write)
