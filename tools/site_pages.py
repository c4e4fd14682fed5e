"""docs/ → a folder of pages for the site, in which what the package knows is filled in: calibration, words, pictures.

python -m tools.site_pages build/docs
"""

import inspect
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.lab import Lab
from harness.report import calibration
from harness.report.glossary import TERMS

ROOT = Path(__file__).resolve().parents[1]
# What a page has in the place of what is filled in; unseen where the page is read without the site.
COVERAGE = re.compile(r"<!-- coverage: (.+?) -->")
WORDS = "<!-- words of the report -->"
REQUESTS = "<!-- requests of the lab -->"
# Pages show pictures of the reference report, which lies outside of docs/.
_PICTURES = "../reports/reference/"
_LEVEL = re.compile(r"(.+), at ([\d.]+)%")


def coverage(cases: str) -> str:
    """Say how often the intervals of some cases held the truth.

    Args:
        cases: a regular expression that the cases' names begin with.

    Returns:
        The smallest and largest measured coverage at each nominal level, and the number of cases and simulations.

    Raises:
        ValueError: no case has such a name.
    """
    rows = [row for row in rows_of_coverage() if re.match(cases, row["name"])]
    if not rows:
        raise ValueError(f"No case of the calibration begins with {cases}.")
    said = []
    for level in sorted({row["nominal"] for row in rows}):
        measured = [100 * row["measured"] for row in rows if row["nominal"] == level]
        low, high = f"{min(measured):.1f}", f"{max(measured):.1f}"
        said.append(f"{low if low == high else f'{low}–{high}'} % at {100 * level:g} %")
    names = {_LEVEL.fullmatch(row["name"])[1] for row in rows}
    simulations = " or ".join(f"{n:,}" for n in sorted({int(row["simulations"]) for row in rows}))
    cases_of = "one case" if len(names) == 1 else f"{len(names)} cases"
    return f"{'; '.join(said)} ({cases_of}, {simulations} simulations each)"


def rows_of_coverage() -> list[dict[str, Any]]:
    """The rows of the calibration that say how often an interval held the truth."""
    return [row for group in calibration.read() for row in group["rows"] if row["kind"] == "coverage"]


def words() -> str:
    """The report's words as a table."""
    rows = [f"| {_cell(term.name)} | {_cell(term.line)} | {_cell(term.formula)} |" for term in TERMS]
    return "\n".join(["| word | means | formula |", "|---|---|---|", *rows])


def requests() -> Iterator[tuple[str, str, str]]:
    """Name, arguments and first paragraph of each request of the lab that is a sampler's."""
    for name, member in inspect.getmembers_static(Lab):
        sampler = getattr(member, "__wrapped__", None)
        if isinstance(sampler, type):
            given = ["architecture", "sets" if name.endswith("_on_sets") else "problem"]
            further = [
                each for each in inspect.signature(sampler).parameters.values() if each.name not in (*given, "problem")
            ]
            shown = [each.name if each.default is each.empty else f"{each.name}={each.default!r}" for each in further]
            said = " ".join(inspect.cleandoc(sampler.__doc__ or "").partition("\n\n")[0].split())
            yield name, ", ".join([*given, *shown]), said


def lab_table() -> str:
    """The lab's requests as a table."""
    rows = [f"| `{name}({arguments})` | {_cell(said)} |" for name, arguments, said in requests()]
    return "\n".join(["| request | gives |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def filled(text: str) -> str:
    """A page with what is to be filled in."""
    text = COVERAGE.sub(lambda found: coverage(found[1]), text)
    return text.replace(WORDS, words()).replace(REQUESTS, lab_table()).replace(_PICTURES, "reference/")


def main(target: Path) -> None:
    """Write the pages into a folder that is made anew."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "docs", target)
    shutil.copytree(ROOT / "reports" / "reference", target / "reference")
    for page in target.rglob("*.md"):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
