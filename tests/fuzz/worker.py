"""A child that tries cases one after the other, and tells its parent of each in a line of JSON."""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.fuzz.cases import case
from tests.fuzz.corpus import put_files
from tests.fuzz.forms import BYTES, try_out

#: Memory that the process may have in all: what it needs itself, and more than a check may take.
_ADDRESS_SPACE = 4 * BYTES


def work(seed: int, numbers: range, tell: int, share: float) -> None:
    """Try the cases `numbers`; lines go to the file descriptor `tell`."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name, os.fdopen(tell, "w", encoding="utf-8") as out:
        folder = Path(name)
        put_files(folder)
        os.chdir(folder)
        for index in numbers:
            print(json.dumps({"begin": index}), file=out, flush=True)
            if os.environ.get("MSCNET_FUZZ_STOP_AT") == str(index):  # for the test of the parent
                os._exit(3)
            made = case(seed, index)
            outcome = try_out(made.data, folder, Random(f"forms {seed}/{index}"), share)
            line: dict[str, object] = {
                "done": index, "kind": made.kind, "seconds": outcome.seconds, "bytes": outcome.bytes,
                "large": outcome.large,
                "passed": outcome.passed, "faults": outcome.faults, "forms": outcome.forms, "size": len(made.data),
            }  # fmt: skip
            if outcome.faults:
                line["text"] = base64.b64encode(made.data).decode("ascii")
            print(json.dumps(line), file=out, flush=True)


if __name__ == "__main__":
    work(
        int(sys.argv[1]),
        range(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])),
        int(sys.argv[5]),
        float(sys.argv[6]),
    )
