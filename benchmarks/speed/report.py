"""How benchmarks print and write their figures."""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from harness.execution.machine import describe, versions


@dataclass(frozen=True)
class Row:
    """One figure."""

    name: str
    value: float
    unit: str
    note: str = ""


def parse_path() -> Path | None:
    """The command line's --json PATH."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args().json


def write(rows: Sequence[Row], path: Path | None) -> None:
    """Print a table; write JSON with the machine's name where a path is given."""
    machine = f"{describe(torch.device('cpu'))}, {os.cpu_count()} cores"
    table = Table("figure", "value", "unit", "note", title=machine)
    for row in rows:
        table.add_row(row.name, f"{row.value:,.4g}", row.unit, row.note)
    Console().print(table)
    if path is not None:
        document = {"machine": machine, "versions": versions(), "rows": [asdict(row) for row in rows]}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
