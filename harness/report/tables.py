"""A claim's table: its cells by test, each group with the region, the axis and whatever all its cells share."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.decimals import minus
from harness.report import forest, words
from harness.report.grouping import asked, by_test, described, measured, telling
from harness.report.sides import is_control, is_crux

# Facts of the sample that stand in a group's head where all its cells have the same, else in each row.
_SHARED = ("unit", "method", "level")
# What composite names are made of.
_PARTS = {"problem": ("m", "n", "dataset", "bits", "task"), "architecture": ("depth", "width"), "optimiser": ("rho",)}


def groups(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One group per test function, in the order of the run."""
    return [_group(test, found) for test, found in by_test(cells).items()]


def _group(test: str, cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    parameters = [cell["parameters"] for cell in cells]
    keys = telling(parameters)
    axis = forest.axis(cells)
    estimates = [cell["estimate"] for cell in cells if cell["estimate"]]
    predictions = list(dict.fromkeys(cell["predicted"]["text"] for cell in cells))
    shared = {key: estimates[0][key] for key in _SHARED if len({str(each[key]) for each in estimates}) == 1}
    alike = [key for key in parameters[0] if len({str(each.get(key)) for each in parameters}) == 1]
    quantity = estimates[0]["quantity"] if estimates else cells[0].get("quantity", "")
    title = test.replace("_", " ")
    first = forest.region(cells[0]["predicted"], axis) if axis else ""
    return {
        "title": quantity or title,
        "test": title if title != quantity else "",
        "predicted": words.minus(predictions[0]) if len(predictions) == 1 else "",
        "known": list(dict.fromkeys(known for cell in cells if (known := cell.get("known")))),
        "reasons": list(dict.fromkeys(cell["predicted"].get("reason", "") for cell in cells)),
        "alike": described(parameters[0], _in_short(parameters[0], alike)) if len(cells) > 1 else "",
        "shared": shared,
        "beyond": any(map(words.is_beyond, estimates)),
        "ticks": axis.ticks() if axis else [],
        "grid": _grid(axis) if axis else "",
        "region": first,
        "rows": [
            _row(cell, keys, axis, first, len(predictions) > 1, len(cells))
            for cell in sorted(cells, key=lambda cell: not is_crux(cell))
        ],
    }


def predictions(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The predicted regions with their reasons, each once, however many tests share it."""
    said = []
    for group in found:
        region = group["predicted"] or "a region for each cell"
        known = f" Known before the run: {'; '.join(group['known'])}." if group["known"] else ""
        said.append(minus(f"{group['title']}: {region}. Because: {'; '.join(group['reasons'])}.{known}"))
    return list(dict.fromkeys(said))


def _row(
    cell: Mapping[str, Any],
    keys: Sequence[str],
    axis: forest.Axis | None,
    region: str,
    own_prediction: bool,
    number: int,
) -> dict[str, Any]:
    style, cut = "", ""
    if axis is not None and measured(cell):
        style, cut = forest.strip(cell, axis), forest.cut_off(cell, axis)
        if (own := forest.region(cell["predicted"], axis)) != region:
            style += f";{own}"
    told = list(keys) if number > 1 else _in_short(cell["parameters"], list(cell["parameters"]))
    label = described(cell["parameters"], told) or asked(cell).replace("_", " ")
    return {
        **cell,
        "label": label,
        "role": "crux" if is_crux(cell) else "control, not counted" if is_control(cell) else "",
        "strip": style,
        "cut": cut,
        "beyond": words.beyond(cell["estimate"]) if cell["estimate"] else "",
        "predicts": words.minus(cell["predicted"]["text"]) if own_prediction else "",
        "why": minus((cell["message"].strip().splitlines() or [""])[-1]),
    }


def _in_short(parameters: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """These parameters without what the name of the problem or of the architecture says already, or what is idle."""
    said = {key for name, parts in _PARTS.items() if name in keys for key in parts} | {"split"}
    if parameters.get("m") == 0:  # nothing is trained on, so there is no task
        said |= {"m", "task"}
    return [key for key in keys if key not in said]


def _grid(axis: forest.Axis) -> str:
    """Thin vertical lines at the ticks, as one background for all strips of the group."""
    lines = [
        f"linear-gradient(90deg,transparent calc({at:.5g}% - .5px),var(--line) 0 calc({at:.5g}% + .5px),transparent 0)"
        for at, _ in axis.ticks()
    ]
    return f"--grid:{','.join(lines)}"
