"""``mscnet lsp``: the language server on standard input and output."""

from __future__ import annotations

import argparse

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure

EXAMPLES = """examples:
  mscnet lsp

An editor starts it; docs/editors.md says how to set up VS Code, Vim and others."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--stdio", action="store_true", help="talk on standard input and output, as it does anyway")


def run(arguments: argparse.Namespace, console: Console) -> Exit:
    """Serves one editor until it says exit; raises SystemExit where the editor left without saying so."""
    try:
        from mscnet.lsp.server import main
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise Failure("the language server needs pygls", "pip install 'mscnet[lsp]'", Exit.WRONG_INPUT) from None
    return Exit.DONE if main() else Exit.WRONG_INPUT
