"""The table of exact answers and published numbers in docs/oracles.md.

python -m benchmarks.oracles [--only WORD] [--most M] [--json PATH] [--published RESULTS ...]

Samplers against numbers that are known exactly, one row each, as rows of a table in Markdown; seconds are processor
time on one core. With --published, no sampler runs: rows are the cells of runs' results that have a published number.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from benchmarks.oracles import chain, few, linear, one_hot
from benchmarks.oracles.case import Found

HEAD = "| oracle | quantity | sampler | m | exact | ours, 99 % interval | agree | s | held by |"
PUBLISHED_HEAD = "| claim and cell | published | ours, interval of the run | agree | s | what differs |"
SAID = {"supported": "yes", "refuted": "no", "inconclusive": "undecided"}


def row(found: Found) -> str:
    """A line of the table."""
    ours = f"{found.value:.5g}, {found.low:.5g} to {found.high:.5g}"
    cells = (found.oracle, found.what, found.sampler, found.m or "–", f"{found.exact:.5g}", ours, found.agrees)
    return "| " + " | ".join(map(str, (*cells, f"{found.seconds:.1f}", found.held))) + " |"


def published_rows(paths: Sequence[Path]) -> list[str]:
    """A line for each cell with a published number; of a cell in several files the last counts."""
    found = {}
    for path in paths:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["published"] and cell["estimate"]:
                found[cell["claim"], cell["id"]] = cell
    lines = []
    for (claim, name), cell in sorted(found.items()):
        published, estimate = cell["published"], cell["estimate"]
        error = f" ± {published['error']:.2g}" if published["error"] else ""
        ours = f"{estimate['value']:.4g}, {estimate['low']:.4g} to {estimate['high']:.4g}"
        said = SAID.get(cell["verdict"], cell["verdict"])
        theirs, seconds = f"{published['value']:.4g}{error}", f"{cell['seconds']:.0f}"
        lines.append(
            "| " + " | ".join((f"`{claim}` {name}", theirs, ours, said, seconds, published["why"] or "nothing")) + " |"
        )
    return lines


def main() -> None:
    """Print the rows as they come."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="rows with this word in oracle, quantity or sampler")
    parser.add_argument("--most", type=int, default=2400, help="largest m; default 2400")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--published", type=Path, nargs="+", help="results.json of runs, for the published numbers")
    options = parser.parse_args()
    if options.published:
        print("\n".join([PUBLISHED_HEAD, "|---" * 6 + "|", *published_rows(options.published)]))
        return
    torch.set_num_threads(1)
    print(HEAD, "|---" * 9 + "|", sep="\n", flush=True)
    rows = []
    for case in [*one_hot.cases(), *linear.cases(), *few.cases(), *chain.cases()]:
        if case.m <= options.most and options.only.lower() in case.name.lower():
            rows.append(case.found())
            print(row(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in rows], ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
