"""Data files as text: which file may be read, in which encoding it stands, and where in it something is wrong."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mscnet import assets
from mscnet.diagnostics import MechanismError, Source, Span
from mscnet.mechanism.mechanism import Mechanism

#: The largest data file that is read, in bytes.
MAX_DATA_BYTES = 200 * 1024 * 1024
#: The most values that are read from one file.
MAX_VALUES = 10_000_000
#: The most columns of a table.
MAX_COLUMNS = 50_000


def folder_of(mechanism: Mechanism) -> Path:
    """The folder of a mechanism's file: that of the shipped mechanisms for one of them, this folder for a text."""
    name = mechanism.source.name if mechanism.source is not None else ""
    if not name or name.startswith("<"):
        return Path.cwd()
    if name.startswith("mechanisms/") and not os.path.exists(name):
        return Path(str(assets.place("mechanisms"))).parent / os.path.dirname(name)
    return Path(name).parent


def find_data(path: str, folder: str | os.PathLike[str], span: Span | None) -> Path:
    """The file `path` inside `folder`; `span` is where the mechanism names it.

    Raises:
        MechanismError: there is none, it lies outside the folder (also through a link), or it is no regular file.
    """
    if not path or "\0" in path or os.path.isabs(path) or Path(path).drive:
        hint = 'write it relative to the mechanism\'s file, as in `data fig4 "fig4.csv"`'
        message = f"`{path[:200]!s}` is no path inside the mechanism's folder"
        raise MechanismError.of("E130", message, hint=hint, span=span)
    base = Path(os.path.realpath(folder))
    try:
        target = Path(os.path.realpath(base / path))
        if not target.is_relative_to(base):
            raise MechanismError.of("E130", f"the data file {path} lies outside the mechanism's folder", span=span,
                                    hint=f"data are read from {base} and below; copy it there")  # fmt: skip
        status = target.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, base, span) from None
    if not stat.S_ISREG(status.st_mode):
        raise MechanismError.of("E130", f"{path} is no file of data (it may be a folder)", span=span)
    if status.st_size > MAX_DATA_BYTES:
        raise too_large(f"{path} has {status.st_size / 2**20:.0f} MB", f"{MAX_DATA_BYTES // 2**20} MB", span)
    return target


def _unreadable(path: str, error: Exception, base: Path, span: Span | None) -> MechanismError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return MechanismError.of("E130", f"there is no data file {path}", hint=f"looked for in {base}", span=span)
    reason = getattr(error, "strerror", None) or str(error)
    return MechanismError.of("E130", f"the data file {path} cannot be read: {reason}", span=span)


def too_large(what: str, most: str, span: Span | None) -> MechanismError:
    """The error of a file beyond a limit."""
    return MechanismError.of("E008", f"{what}; at most {most} are read", hint="thin it out, or split it", span=span)


def read_text(path: Path, name: str) -> Source:
    """The text of a data file with plain line ends; `name` is what messages call it.

    UTF-8 and UTF-16 are known by their marks or by themselves; what is neither is taken for Windows' Latin-1.

    Raises:
        MechanismError: the file cannot be read, or is binary.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_DATA_BYTES + 1)
    except OSError as error:
        raise MechanismError.of("E130", f"{name} cannot be read: {error.strerror}", file=name) from None
    text = _decode(data, name)
    if "\0" in text:
        raise MechanismError.of("E130", f"{name} is a binary file, not a table", file=name,
                                hint="export it as CSV or JCAMP-DX from the instrument's program")  # fmt: skip
    return Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))


def _decode(data: bytes, name: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif data[1:2] == b"\0" and data[:1] != b"\0":
        encoding = "utf-16-le"
    elif data[:1] == b"\0" and data[1:2] not in (b"", b"\0"):
        encoding = "utf-16-be"
    else:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            # a few bytes mean nothing in cp1252, every one means something in Latin-1
            return data.decode("cp1252", "replace") if b"\0" not in data else data.decode("latin-1")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        message = f"{name} begins as UTF-16 but is not: a part of it may be missing"
        raise MechanismError.of("E130", message, file=name) from None
