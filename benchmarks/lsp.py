"""How soon the language server answers on a file of 2,000 lines, asked by a client over its pipes.

`python -m benchmarks.lsp` prints a row for each kind of request: answers at the median and at the 95th percentile, in
ms, over requests at places all over the file, each behind a change of the text, while checks run in the background.
Where Linux says it, the columns `cpu` are the processor's time of the thread that answers (change and answer), which
does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What an answer may take (ms), and how long a file is that it holds for.
BUDGET, LINES = 100.0, 2000


def bench(lines: int = LINES) -> str:
    """A text of so many lines of which most stand in blocks: families, experiments, facts, events."""
    block = """for E in Te, Se {
    species Cd{E}_N "compound N" of Cd[n]{E}[n] = 1 mM, Q{E}N
    step{E}N: Cd{E}_N <-> Q{E}N  @ k{E}N, krN
    parameter k{E}N = 0.1 /min in 0.01 .. 1
    observable total{E}N = [Cd{E}_N] + 2*[Q{E}N]
}
parameter krN = 0.1 /min
solution stockN { CdTe_N = 1 mM ; CdSe_N = 2 mM }
experiment batchN(vN) for vN in 15, 30 uL {
    mix 1 mL stockN + vN stockN
    hold 1 min
    take vN
    measure xN = [CdTe_N], yN = 2*[CdSe_N] every 5 min for 240 min
}
expect batchN { max(xN) > 0.1 mM ; final(yN) > 0 mM }
AN + BN -> CN @ kaN ; CN -> DN @ kbN
FN[n] + FN[1] <-> FN[n+1] @ knN, kmN for n in 1 .. 5
doseN: at 5 h { AN = 2 mM }"""
    text = ["units time = min, concentration = mM, volume = mL"]
    for i in range(lines):
        text += block.replace("N", str(i)).split("\n")
        if len(text) >= lines:
            break
    return "\n".join(text) + "\n"


def mechanism(lines: int = LINES) -> str:
    """A text of so many lines: species, constants, steps, derived values, some of them in pathways."""
    text = ["units time = min, concentration = mM", "function half(x) = x/2", ""]
    i = 0
    while len(text) < lines - 1:
        text += [
            f'species A{i} "compound {i}" = 1.5 mM',
            f'parameter k{i} = 0.05 /min in 1e-3 .. 10 log "of step {i}; an estimate"',
            f'step{i}: A{i} + A{i // 2} <-> 2 A{i // 3}  @ k{i}/(1 mM), half(k{i // 2})/(1 mM)  "note {i}"',
            f"total{i} = [A{i}] + 2*[A{i // 2}]  # what is left",
        ]
        if i % 50 == 49:
            text += [f"pathway p{i} {{", f"    side{i}: A{i} -> A{i // 7}  @ k{i // 3}", "}"]
        i += 1
    return "\n".join(text[: lines - 1]) + "\n"


class _Client:
    """Requests over pipes, answered in their order."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "mscnet", "lsp"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0
        #: When the last message had arrived whole, before it is read here.
        self.arrived = 0.0
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})

    def _post(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method: str, params: Any) -> None:
        self._post({"method": method, "params": params})

    def read(self) -> dict[str, Any]:
        """The next message."""
        assert self.process.stdout is not None
        size = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        body = self.process.stdout.read(size)
        self.arrived = time.perf_counter()
        message: dict[str, Any] = json.loads(body)
        return message

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self._post({"id": self.number, "method": method, "params": params})
        while (message := self.read()).get("id") != self.number:
            pass
        return message.get("result", message.get("error"))

    def used(self) -> float:
        """The time (ms) that the thread that answers has computed; not a number where nobody says."""
        try:
            text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/schedstat").read_text()
        except OSError:
            return math.nan
        return int(text.split()[0]) / 1e6

    def until_checked(self, version: int) -> None:
        """Wait for the findings of a version."""
        while self.read().get("params", {}).get("version") != version:
            pass


REQUESTS: dict[str, dict[str, Any]] = {
    "completion": {}, "hover": {}, "signatureHelp": {}, "definition": {},
    "references": {"context": {"includeDeclaration": True}}, "documentHighlight": {}, "prepareRename": {},
    "rename": {"newName": "renamed"}, "documentSymbol": {}, "foldingRange": {}, "semanticTokens/full": {},
    "semanticTokens/full/delta": {}, "semanticTokens/range": {},
    "codeAction": {"context": {"diagnostics": []}}, "formatting": {"options": {"tabSize": 4, "insertSpaces": True}},
}  # fmt: skip


def _places(text: str, count: int) -> Iterator[tuple[int, int]]:
    """Names all over a text, as line and character."""
    lines = text.split("\n")
    steps = [i for i, line in enumerate(lines) if line.lstrip().startswith(("step", "total", "parameter"))]
    for i in steps[:: max(1, len(steps) // count)][:count]:
        yield i, lines[i].index("k" if "k" in lines[i] else "A") + 1


def measure(text: str, count: int, typing: bool) -> dict[str, list[tuple[float, float]]]:
    """Times of `count` requests of each kind, in ms, and what of them was computed; with `typing`, each right behind a
    change of the text."""
    client = _Client()
    uri = (Path.cwd() / "measured.mech").as_uri()
    item = {"uri": uri, "languageId": "mech", "version": 1, "text": text}
    client.tell("textDocument/didOpen", {"textDocument": item})
    client.until_checked(1)
    version, last, sent = 1, text.count("\n"), None
    found: dict[str, list[tuple[float, float]]] = {}
    for kind, more in REQUESTS.items():
        for line, character in _places(text, count):
            position = {"line": line, "character": character}
            params = {
                "textDocument": {"uri": uri},
                "position": position,
                "range": {"start": position, "end": position},
                **more,
            }
            if sent is not None:
                params["previousResultId"] = sent
            used, began = client.used(), time.perf_counter()
            if typing:
                version += 1
                end = {"line": last, "character": version - 2}
                change = {"range": {"start": end, "end": end}, "text": "#"}
                client.tell(
                    "textDocument/didChange",
                    {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]},
                )
            answer = client.ask(f"textDocument/{kind}", params)
            took = 1000 * (client.arrived - began)
            sent = answer.get("resultId", sent) if isinstance(answer, dict) else sent
            found.setdefault(kind, []).append((took, client.used() - used))
    client.ask("shutdown", None)
    client.tell("exit", None)
    client.process.wait(30)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--count", type=int, default=20, help="requests of each kind")
    parser.add_argument("--still", action="store_true", help="no change of the text between requests")
    parser.add_argument("--bench", action="store_true", help="a file of families, experiments and facts")
    arguments = parser.parse_args()
    write = bench if arguments.bench else mechanism
    times = measure(write(arguments.lines), arguments.count, not arguments.still)
    print(f"{'request':22} {'p50 ms':>8} {'p95 ms':>8} {'cpu p50':>8} {'cpu p95':>8} {f'within {BUDGET:.0f} ms':>14}")
    for kind, each in times.items():
        shown = [statistics.quantiles(column, n=20, method="inclusive") for column in zip(*each, strict=True)]
        figures = " ".join(f"{cuts[i]:8.1f}" for cuts in shown for i in (9, 18))
        print(f"{kind:22} {figures} {sum(one <= BUDGET for one, _ in each):>7}/{len(each)}")


if __name__ == "__main__":
    main()
