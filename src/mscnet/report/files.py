"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path


def write_whole(path: str | os.PathLike[str], write: Callable[[Path], None]) -> None:
    """Has `write` fill a new file beside `path`, then puts it in the place of `path` at one stroke.

    Whoever reads `path` meanwhile, or after a failure, finds what stood there before.  A device or a pipe
    (``/dev/null``) is written directly; behind a symbolic link the file itself is replaced.

    Raises:
        OSError: the folder is missing or may not be written to; whatever `write` raises.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        write(target)
        return
    temporary = _new_file(target)
    try:
        write(temporary)
        os.chmod(temporary, _mode_for(target))
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _new_file(target: Path) -> Path:
    """An empty file beside `target` that nobody else has (`tempfile` would take longer to import than to do this)."""
    for number in count():
        # the suffix stays last: some writers choose their format by it
        path = target.parent / f".{target.stem[:40]}-{os.getpid()}-{number}{target.suffix}"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            continue
        return path
    raise AssertionError("count never ends")


def _mode_for(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
