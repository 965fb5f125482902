"""The command ``mscnet``: finds the command's file in a table, reads its arguments, runs it.

A new command is one file beside this one and one line in `COMMANDS`.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol, cast

from mscnet.cli.console import Console
from mscnet.cli.exits import Exit, Failure, code_of, not_yet
from mscnet.diagnostics import MechanismError

#: Every command with its summary; its module in this package is imported only when it is asked for.
COMMANDS = {
    "check": "read mechanism files and report every finding",
    "explain": "what the code of a finding means, with an example and its remedy",
    "show": "equations, conservation laws, graph and tables of a mechanism",
    "run": "simulate a mechanism; write curves and figures",
    "test": "say which of the file's facts its mechanism explains",
    "fit": "constants of a mechanism from its data and facts",
    "compare": "fit and rank alternative pathways, or files",
    "design": "the experiment that tells pathways apart, or pins constants",
    "decompose": "how many absorbing contributions spectra hold, and which",
    "propose": "elementary reactions that explain data and facts",
    "scan": "simulate over grids of values or over samples",
    "diff": "what two mechanisms, or two pathways, really differ in",
    "format": "lay out mechanism files in the canonical way, comments kept",
    "expand": "write out the plain mechanism that families, imports and rules stand for",
    "import": "a model of another program in the language of mscnet",
    "export": "a mechanism in another program's format",
    "lsp": "the language server, for editors",
    "doctor": "what is installed, compiled and missing",
}

#: Commands that mscnet will have one day: they are refused by name, with exit code 64.
RESERVED = (
    "explore", "report",
)  # fmt: skip

_DESCRIPTION = "Chemical reaction mechanisms: from a text to equations, curves and pictures."
_EPILOG = """examples:
  mscnet check cdtese.mech
  echo 'A + B <-> C' | mscnet show - equations
  mscnet run cdtese --out curves.csv --plot curves.png

FILE is a path, - for standard input, or the name of a mechanism that ships with mscnet (cdtese).
Exit codes: 0 done, 1 wrong input, 2 wrong usage, 3 the numerics could not finish, 64 not supported."""


class Command(Protocol):
    """What the module of a command provides."""

    EXAMPLES: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace, console: Console) -> Exit: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code; `argv` is without the program's name."""
    argv = list(sys.argv[1:] if argv is None else argv)
    console = Console.standard()
    try:
        code = _dispatch(argv, console)
        console.out.flush()
        return int(code)
    except BrokenPipeError:  # a reader such as `head` that has what it wanted
        _silence_output()
        return int(Exit.DONE)
    except OSError as error:  # files have said their own; this is standard output
        _silence_output()
        console.remark("error", f"the output cannot be written: {error.strerror or error}")
        return int(Exit.WRONG_INPUT)
    except KeyboardInterrupt:
        console.message("interrupted")
        return int(Exit.INTERRUPTED)


def _dispatch(argv: list[str], console: Console) -> Exit:
    if argv and argv[0] in RESERVED:
        failure = not_yet(f"the command `{argv[0]}` is", "there are " + ", ".join(COMMANDS))
        console.remark("error", failure.message, failure.hint)
        return failure.code
    try:
        name, arguments, command = _parse(argv)
    except SystemExit as stop:  # argparse has printed help, the version or what is wrong
        return Exit(stop.code if isinstance(stop.code, int) else Exit.USAGE)
    try:
        return command.run(arguments, console)
    except Failure as failure:
        console.remark("error", failure.message, failure.hint)
        return failure.code
    except MechanismError as error:
        console.diagnostics(error.diagnostics)
        if getattr(arguments, "json", False):
            console.result_json([finding.as_dict() for finding in error.diagnostics])
        return code_of(error.diagnostics) or Exit.WRONG_INPUT
    except RecursionError:
        console.remark("error", f"the input of `{name}` nests too deep to be handled")
        return Exit.WRONG_INPUT
    except MemoryError:
        console.remark("error", "out of memory", "a smaller model, or fewer output points, needs less")
        return Exit.NUMERICS


def _parse(argv: list[str]) -> tuple[str, argparse.Namespace, Command]:
    if argv and argv[0] in COMMANDS:
        return _parse_command(argv[0], argv[1:])
    asked = next((word for word in argv if not word.startswith("-")), None)
    parser = _Parser(prog="mscnet", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    command: Command | None = None
    chosen = parser
    for name, summary in COMMANDS.items():
        if name == asked:
            command = _module_of(name)
            sub = commands.add_parser(name, help=summary, description=_sentence(summary), epilog=command.EXAMPLES)
            command.add_arguments(sub)
            chosen = sub
        else:
            commands.add_parser(name, help=summary)
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        chosen.error("unrecognized arguments: " + " ".join(unknown))
    assert command is not None  # argparse has refused any other word
    return arguments.command, arguments, command


def _module_of(name: str) -> Command:
    """The module of a command; one whose name is a word of Python has ``_`` behind it."""
    return cast(Command, importlib.import_module(f"mscnet.cli.{name}{'_' if keyword.iskeyword(name) else ''}"))


def _parse_command(name: str, words: list[str]) -> tuple[str, argparse.Namespace, Command]:
    """The usual case, the command first: the other commands and the frame around them need not be made."""
    command = _module_of(name)
    parser = _Parser(prog=f"mscnet {name}", description=_sentence(COMMANDS[name]), epilog=command.EXAMPLES)
    command.add_arguments(parser)
    return name, parser.parse_args(words, argparse.Namespace(command=name)), command


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal; argparse makes one for every argument, and would ask `shutil`, slow to import."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_terminal_width() - 2)


def _terminal_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # closed, or no terminal
        return 80


class _Parser(argparse.ArgumentParser):
    """Argparse that keeps examples as they are laid out, takes no shortened options, and suggests."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": _Layout, "allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        if "invalid choice" in message or "unrecognized arguments" in message:
            message += self._suggestion(message)
        self.exit(Exit.USAGE, f"{self.prog}: error: {message}\n  help: {self.prog} --help\n")

    def _suggestion(self, message: str) -> str:
        from mscnet.diagnostics import suggest

        # argparse quotes a wrong choice, and lists arguments that it does not know behind a colon
        word = message.split("'")[1] if "'" in message else message.partition(": ")[2].split(" ")[0]
        known = [option for action in self._actions for option in action.option_strings]
        known += [str(choice) for action in self._actions for choice in action.choices or ()]
        found = suggest(word.partition("=")[0], known)
        return f"; {found}" if found else ""


class _Version(argparse.Action):
    """Prints the version, which is looked up only here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from mscnet import __version__

        print(f"mscnet {__version__}")
        parser.exit()


def _sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:] + "."


def _silence_output() -> None:
    """Sends what is still buffered to nowhere: it would fail again when the interpreter flushes it at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # standard output is no file of the system
        return
