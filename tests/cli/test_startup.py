"""Commands load no more than they need: measured in a fresh process."""

import subprocess
import sys

import pytest

from mscnet import kernels

HEAVY = {"scipy", "sympy", "pandas", "xarray", "matplotlib", "networkx", "tqdm"}

PROGRAM = """
import sys
from mscnet.cli.main import main
code = main(sys.argv[1:])
print("LOADED", *sorted(name for name in sys.modules if "." not in name))
sys.exit(code)
"""


def loaded(folder, line):
    """The top-level modules that a command has imported by its end."""
    command = [sys.executable, "-c", PROGRAM, *line.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=folder)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "line", ["check decay.mech", "show decay.mech", "show decay.mech equations", "show decay.mech species"]
)
def test_reading_needs_none_of_the_heavy_libraries(folder, line):
    assert loaded(folder, line) & HEAVY == set()


def test_checking_does_without_numpy(folder):
    assert "numpy" not in loaded(folder, "check decay.mech")


LAW = "species S = 1\nparameter K = 1\nparameter V = 2\nS -> P rate V*[S]/(K + [S])\noption t_end = 1\n"


def test_a_mass_action_run_to_csv_needs_numpy_alone(folder):
    """Without compiled kernels SciPy integrates."""
    allowed = set() if kernels.core() else {"scipy"}
    assert loaded(folder, "run decay.mech --out x.csv") & HEAVY == allowed


def test_general_laws_bring_sympy_only_without_kernels(folder):
    (folder / "law.mech").write_text(LAW)
    allowed = set() if kernels.core() else {"scipy", "sympy"}
    assert loaded(folder, "run law.mech --out x.csv") & HEAVY <= allowed


OBSERVED = "A -> B @ 0.1\nobservable total = [A] + [B]\noption t_end = 1\n"
NET = "begin species\n1 A() 1\n2 B() 0\nend species\nbegin reactions\n1 1 2 0.1\nend reactions\n"


@pytest.mark.parametrize(
    "line",
    ["run observed.mech --columns all --out x.csv", "run net.net --t-end 1 --out x.csv", "run decay.mech --json"],
)
def test_observables_other_formats_and_json_need_no_more(folder, line):
    (folder / "observed.mech").write_text(OBSERVED)
    (folder / "net.net").write_text(NET)
    allowed = set() if kernels.core() else {"scipy", "sympy"}
    assert loaded(folder, line) & HEAVY <= allowed


def test_a_text_without_errors_is_read_without_lark(folder):
    loaded(folder, "check decay.mech")  # the first process of a machine makes the tables
    assert "lark" not in loaded(folder, "run decay.mech --out x.csv")


def test_a_figure_brings_matplotlib_without_its_windows(folder):
    modules = loaded(folder, "run decay.mech --plot x.png")
    assert "matplotlib" in modules
    assert modules & {"pandas", "xarray", "networkx", "tkinter"} == set()


def test_the_version_needs_not_even_the_language(folder):
    command = [sys.executable, "-c", PROGRAM.replace('"." not in name', 'name.startswith("mscnet.")'), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=folder)
    assert "mscnet.language" not in done.stdout
