"""Compiles the kernels of src/mscnet/kernels into `mscnet.kernels._core` while a wheel is built; hatchling calls it.

The kernels are optional: where they cannot be compiled the wheel is a pure one and SciPy serves.  The environment
variable ``MSCNET_BUILD_KERNELS`` says otherwise: ``no`` leaves them out, ``require`` makes a failure fatal.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SWITCH = "MSCNET_BUILD_KERNELS"
CHOICES = ("auto", "no", "require")

PACKAGE = "mscnet/kernels"
MODULE = "_core"
#: The oldest Python whose stable interface the module keeps to, for the compiler and for the wheel's tag.
LIMITED_API = "0x030B0000"
PYTHON_TAG = "cp311-abi3"

#: Contraction would give other last digits on machines with fused multiply-add than on those without.
FLAGS = {
    "unix": ["-std=c11", "-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"],
    "msvc": ["/std:c11", "/O2", "/fp:precise"],
}


class KernelHook(BuildHookInterface):
    """Puts the compiled module into a wheel, or beside its sources for an editable install."""

    PLUGIN_NAME = "custom"
    _scratch: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles, and tells hatchling what has come of it."""
        if self.target_name != "wheel":
            return
        sources = Path(self.root, "src", PACKAGE)
        self._scratch = Path(tempfile.mkdtemp(prefix="mscnet-kernels-"))
        module = self._compiled(sources)
        if version == "editable":
            put_in_place(module, sources)
        elif module is not None:
            build_data["force_include"][str(module)] = f"{PACKAGE}/{module.name}"
            build_data["pure_python"] = False
            build_data["tag"] = f"{PYTHON_TAG}-{platform_tag()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clears up."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _compiled(self, sources: Path) -> Path | None:
        """The compiled module in the scratch folder, or None where there is to be none or it failed."""
        assert self._scratch is not None
        wanted = os.environ.get(SWITCH, "").lower() or "auto"
        if wanted not in CHOICES:
            raise ValueError(f"{SWITCH} is {wanted!r}: it can be " + ", ".join(CHOICES))
        if wanted == "no":
            self.app.display_info(f"the kernels are left out: {SWITCH}=no")
            return None
        try:
            return compile_module(sources, self._scratch)
        except Exception as error:  # whatever a compiler, its absence or setuptools comes up with
            shutil.rmtree(self._scratch, ignore_errors=True)
            if wanted == "require":
                raise
            self.app.display_warning(f"the kernels could not be compiled ({error}); SciPy will serve instead")
            return None


def compile_module(sources: Path, scratch: Path) -> Path:
    """Compiles every C file of the folder `sources` into one module in `scratch`; raises what the compiler does."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise RuntimeError("they need CPython's stable interface")
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    class Build(build_ext):
        def build_extensions(self) -> None:
            kind = self.compiler.compiler_type
            for extension in self.extensions:
                # once more after ours, so that what the user asks for wins
                extension.extra_compile_args = FLAGS.get(kind, FLAGS["unix"]) + shlex.split(
                    os.environ.get("CFLAGS", "") if kind != "msvc" else ""
                )
            if kind == "unix":
                compile_side_by_side(self.compiler)
            super().build_extensions()

    module = Extension(
        f"{PACKAGE}/{MODULE}".replace("/", "."),
        sources=[str(file) for file in sorted(sources.glob("*.c"))],
        depends=[str(file) for file in sorted(sources.glob("*.h"))],
        define_macros=[("Py_LIMITED_API", LIMITED_API)],
        py_limited_api=True,
        libraries=[] if os.name == "nt" else ["m"],
    )
    command = Build(Distribution({"name": "mscnet", "ext_modules": [module]}))
    command.build_lib = str(scratch / "lib")
    command.build_temp = str(scratch / "objects")
    command.ensure_finalized()
    command.run()
    return Path(command.get_ext_fullpath(module.name))


def compile_side_by_side(compiler: Any) -> None:
    """Has a compiler of setuptools compile as many files at a time as there are cores."""
    one_by_one = compiler.compile

    def compile_all(sources: list[str], *arguments: Any, **settings: Any) -> list[str]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            done = pool.map(lambda source: one_by_one([source], *arguments, **settings), sources)
            return [name for names in done for name in names]

    compiler.compile = compile_all


def put_in_place(module: Path | None, folder: Path) -> None:
    """Puts `module` into `folder` instead of any older one; a module that is none of these sources' never stays."""
    for old in (*folder.glob(f"{MODULE}*.so"), *folder.glob(f"{MODULE}*.pyd")):
        if module is None or old.name != module.name:
            old.unlink()
    if module is not None:
        fresh = folder / f"{module.name}.new"
        shutil.copy2(module, fresh)
        fresh.replace(folder / module.name)  # in one go: another process may be about to load it


def platform_tag() -> str:
    """The wheel's platform, such as ``linux_x86_64``."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
