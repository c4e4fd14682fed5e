"""Results of a run in Python: `harness.read("results.json")`, as rows, as a frame of pandas, in a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from harness.arguments import as_path, package
from harness.report import results
from harness.report.words import estimated, interval, minus

# Of a cell's record, before and after its parameters and its estimate.
_FIRST, _LAST = ("claim", "id", "kind", "verdict", "outcome"), ("seconds", "device", "seed")
_ESTIMATE = ("quantity", "value", "low", "high", "level", "n", "unit", "effective_n", "noise_floor", "looks")
# Cells that are written out where a notebook shows a run.
_MOST_SHOWN = 40


@dataclass(frozen=True, repr=False)
class Results:
    """What a run found. document: as results.json has it, see results.schema.json."""

    document: Mapping[str, Any]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The judged cells, as records."""
        return list(self.document["cells"])

    def rows(self) -> list[dict[str, Any]]:
        """A row a cell: claim, verdict, parameters.*, predicted.*, estimate.*; None where a cell has none."""
        names = list(dict.fromkeys(name for cell in self.cells for name in cell["parameters"]))
        return [
            {
                **{name: cell.get(name) for name in _FIRST},
                **{f"parameters.{name}": cell["parameters"].get(name) for name in names},
                **{f"predicted.{name}": cell["predicted"].get(name) for name in ("text", "low", "high")},
                **{f"estimate.{name}": (cell["estimate"] or {}).get(name) for name in _ESTIMATE},
                **{name: cell.get(name) for name in _LAST},
            }
            for cell in self.cells
        ]

    def frame(self) -> Any:
        """The rows as a DataFrame of pandas; Unavailable if it is not installed."""
        return package("pandas", "Frames").DataFrame(self.rows())

    def __repr__(self) -> str:
        lines = map(_line, self.cells[:_MOST_SHOWN])
        return "\n".join([f"{type(self).__name__} of {len(self.cells)} cells", *lines, *self._more()])

    def _repr_html_(self) -> str:
        heads = "".join(
            f"<th>{each}</th>" for each in ("claim", "cell", "verdict", "estimate", "interval", "predicted")
        )
        shown = self.cells[:_MOST_SHOWN]
        rows = "".join(f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in _said(cell))}</tr>" for cell in shown)
        return f"<table><tr>{heads}</tr>{rows}</table>{''.join(f'<p>{each}</p>' for each in self._more())}"

    def _more(self) -> list[str]:
        return [f"… {len(self.cells) - _MOST_SHOWN:,} more"] * (len(self.cells) > _MOST_SHOWN)


def read(path: Path | str) -> Results:
    """Read a results file, checked; BadInput if it is none."""
    document = results.read(as_path(path))
    results.check(document)
    return Results(document)


def _said(cell: Mapping[str, Any]) -> list[str]:
    found = cell["estimate"]
    predicted = cell["predicted"]
    value = [estimated(found, predicted), interval(found, predicted)] if found else ["", ""]
    return [cell["claim"].replace("_", " "), cell["id"], cell["outcome"], *value, minus(predicted["text"])]


def _line(cell: Mapping[str, Any]) -> str:
    claim, name, outcome, value, ends, _ = _said(cell)
    return f"  {outcome}: {claim} [{name}] {value} {ends}".rstrip()
