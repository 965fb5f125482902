"""``check --fix``: a file with its safe fixes made, and what is left to be said of it."""

from __future__ import annotations

import os
from pathlib import Path

from mscnet.cli.console import Console
from mscnet.cli.exits import Failure
from mscnet.cli.loading import read_file, standard_input
from mscnet.diagnostics import MechanismError
from mscnet.language import CheckResult
from mscnet.language.mending import as_written, mend
from mscnet.language.source import MAX_BYTES, source_of
from mscnet.report.files import write_whole

_MARK = b"\xef\xbb\xbf"


def mend_file(file: str, console: Console, strict: bool) -> CheckResult:
    """Makes the safe fixes in FILE, whole or not at all, names them on stderr, and checks what comes out.

    The text of standard input is printed instead.  Files that are not mechanisms in our language, and those that ship
    with mscnet, are only checked.

    Raises:
        Failure: the file cannot be written.
    """
    from mscnet import interop

    if file != "-" and (os.path.splitext(file)[1].lower() in interop.READERS or not os.path.isfile(file)):
        return read_file(file, console, strict)
    data = standard_input() if file == "-" else _bytes_of(file)
    name = "<stdin>" if file == "-" else file
    try:
        source = source_of(data, name, None if file == "-" else file)
    except MechanismError as error:
        if file == "-":
            _print(data.decode("utf-8", "surrogateescape"), console)
        return CheckResult(None, error.diagnostics)
    mended = mend(source, strict)
    raw = data.decode("utf-8-sig")
    text = as_written(raw, source.text, mended)
    if file == "-":
        _print(text, console)
    elif mended.made:
        content = (_MARK if data.startswith(_MARK) else b"") + text.encode("utf-8")
        try:
            write_whole(file, lambda path: _put(path, content))
        except OSError as error:
            raise Failure(f"{file} cannot be written: {error.strerror or error}") from None
    for made in mended.made:
        console.message(f"fixed {name}:{made.line}: {made.title} [{made.code}]")
    return mended.result


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _bytes_of(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise MechanismError.of("E007", f"{file} cannot be read: {error.strerror or error}", file=file) from None


def _print(text: str, console: Console) -> None:
    """Writes a text as it is, its line endings included."""
    buffer = getattr(console.out, "buffer", None)
    if buffer is None:
        console.out.write(text)
    else:
        console.out.flush()
        buffer.write(text.encode("utf-8", "surrogateescape"))
        buffer.flush()
