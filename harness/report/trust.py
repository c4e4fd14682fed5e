"""Whether the page can be trusted: what in it has a known answer, and how far its answers go."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report.grouping import Cell, numeric
from harness.report.labels import bare, label, name
from harness.report.words import number, plural


def checks(
    claims: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]], calibrated: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """A line for each kind of check: state (supported, refuted, inconclusive), text, href of the details.

    Args:
        claims: as the page has them, with their cells.
        published: lines of published numbers, see `published.lines`.
        calibrated: groups of calibration rows, see `calibration.read`.

    Returns:
        The lines; those that the results say nothing of are left out.
    """
    lines = []
    verdicts = [cell["verdict"] for claim in claims for cell in claim["cells"] if cell["kind"] == "theorem"]
    if judged := [v for v in verdicts if v in ("supported", "refuted", "inconclusive", "error")]:
        good, bad, of = judged.count("supported"), judged.count("refuted"), len(judged)
        text = f"Theorems: {good} supported, {bad} refuted, {of - good - bad} open of {plural(of, 'cell')}"
        lines.append(_line(not bad, good > 0, text))
    naming = [claim for claim in claims if claim.get("excludes")]
    if naming:
        nulls = {null for claim in naming for null in claim["excludes"]}
        text = (
            f"Null learners: {len(naming)} of {plural(len(claims), 'claim')} exclude some of {len(nulls)}; none may be "
            "supported in training’s place"
        )
        lines.append(_line(True, True, text))
    promises = [row["said"] for group in calibrated for row in group["rows"] if row["said"]]
    if promises:
        kept = promises.count("kept")
        text = f"Intervals and verdicts: {kept} of {len(promises)} promises kept in simulation"
        lines.append(_line(kept == len(promises), True, text, "#calibration"))
    said = [line["said"] for line in published]
    if said:
        good, bad = said.count("agrees"), said.count("disagrees")
        text = f"Published numbers: {good} of {len(said)} agree, {bad} disagree, {len(said) - good - bad} open"
        lines.append(_line(not bad, good > 0, text, "#published"))
    return lines


def _line(clean: bool, shown: bool, text: str, href: str = "") -> dict[str, str]:
    state = "refuted" if not clean else "supported" if shown else "inconclusive"
    return {"state": state, "text": text, "href": href}


def scope(cells: Sequence[Cell]) -> str:
    """What the judged cells are about: data, m, widths, depths, training sets."""
    judged = [cell for cell in cells if cell["estimate"] is not None]
    parts = []
    data = [_kind_of_data(cell["parameters"]) for cell in judged]
    if data := list(dict.fromkeys(each for each in data if each)):
        parts.append(", ".join(data))
    for key, said in (("m", "{} training points"), ("width", "widths {}"), ("depth", "{} hidden layers")):
        found = [cell["parameters"][key] for cell in judged if key in cell["parameters"]]
        found = [value for value in found if numeric([value]) and value > 0]
        if found:
            ends = [number(min(found)), number(max(found))]
            said = said.replace("layers", "layer") if ends[1] == "1" else said
            said = said.replace("widths", "width") if ends[0] == ends[1] else said
            parts.append(said.format(ends[0] if ends[0] == ends[1] else " to ".join(ends)))
    sets = [cell["estimate"]["n"] for cell in judged if "training sets" in cell["estimate"]["unit"]]
    if sets:
        ends = [f"{min(sets):,}", f"{max(sets):,}"]
        parts.append(f"{ends[0] if ends[0] == ends[1] else ' to '.join(ends)} training sets a cell")
    return "; ".join(parts)


def _kind_of_data(parameters: Mapping[str, Any]) -> str:
    if found := parameters.get("data"):
        return label(str(found)).split(" ")[0]
    return str(parameters.get("dataset", ""))


def untested(values: Mapping[str, Sequence[Any]]) -> str:
    """ "data MNIST; number of training points 64, 128": values of the grid's axes that only larger scales have."""
    return "; ".join(
        f"{name(axis).removeprefix('the ')} {', '.join(bare(each, axis) for each in found)}"
        for axis, found in values.items()
    )
