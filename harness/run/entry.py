"""What pytest loads wherever this package is installed; it does nothing in a run without claims.

The plugin itself is loaded where the command names a file of claims, or by `-p harness.run.plugin`, which a folder made
by `python -m harness init` has among its options.
"""

import sys
from os.path import relpath
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from harness.reading import read_bytes

PLUGIN = "harness.run.plugin"
# A file of claims imports this.
_DECLARES = "harness.claim"


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Load the plugin, before its options are read, if the command names a file of claims."""
    asked = (name.partition("::")[0] for name in early_config.known_args_namespace.file_or_dir)
    if not early_config.pluginmanager.has_plugin(PLUGIN) and any(map(_declares, asked)):
        try:
            early_config.pluginmanager.import_plugin(PLUGIN)
        except ValueError as error:
            raise pytest.UsageError(
                f"Another plugin has an option of the claims ({error}); run them without it."
            ) from None


def _declares(name: str) -> bool:
    path = Path(name)
    try:
        return path.suffix == ".py" and _DECLARES.encode() in read_bytes(path)
    except OSError:
        return False


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: Any) -> None:
    """Say of a claim in a folder of tests what it needs; everything else is pytest's."""
    declaration = sys.modules.get(_DECLARES)
    if declaration is None or not isinstance(obj, FunctionType) or declaration.question_of(obj) is None:
        return
    if not collector.config.pluginmanager.has_plugin(PLUGIN):
        raise collector.CollectError(
            f"{relpath(collector.path)} has claims, which a plugin judges: name the file in the command, or add "
            f"-p {PLUGIN} to it or to addopts in pytest's configuration."
        )
