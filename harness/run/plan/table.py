"""A plan and its check in the terminal."""

from collections import defaultdict
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.predictions import AIMED, Check
from harness.report.words import amount, duration
from harness.run.plan.evidence import EVIDENCE, evidence_curve
from harness.run.plan.paper import DIRECTIONS, KERNEL_NETWORKS, KERNEL_POINTS, NETWORKS, UTILISATION, Case
from harness.run.plan.predict import CellPlan, Plan, Total

Sayer = Callable[[str], None]

# So many cells are named one by one.
_NAMED = 10


def plan_table(plan: Plan, console: Console) -> None:
    """A row a claim, then the whole run, then the cells that it will not decide."""
    table = Table(title=f"Plan: scale {plan.scale}, {plan.device}", title_justify="left", box=None, pad_edge=False)
    table.add_column("claim", overflow="fold")
    for name in ("cells", "first looks", "expected", "all looks", "networks", "memory", "disk", "not decided"):
        table.add_column(name, justify="right")
    by_claim: dict[str, list[CellPlan]] = defaultdict(list)
    for cell in plan.cells:
        by_claim[cell.claim].append(cell)
    for slug, cells in by_claim.items():
        likely = [cell.likely for cell in cells if cell.likely is not None and cell.missing is None]
        undecided = sum(cell.undecided is not None for cell in cells)
        table.add_row(
            Text(slug),
            f"{sum(cell.missing is None for cell in cells)}/{len(cells)}",
            duration(sum(cell.first for cell in cells)),
            duration(sum(likely)) if plan.likely else "unknown",
            duration(sum(cell.all for cell in cells)),
            amount(sum(cell.networks for cell in cells)),
            f"{amount(max((cell.memory for cell in cells), default=0))}B",
            f"{amount(sum(cell.disk for cell in cells))}B",
            f"{undecided}" if undecided else ("" if plan.likely else "unknown"),
        )
    console.print(table)
    say = _sayer(console)
    say("Each cell as if it were alone, networks and disk of first looks; below, what cells share is counted once.")
    for name, total in (("First looks", plan.first), ("Expected", plan.likely), ("All that may be drawn", plan.all)):
        if total is not None:
            say(f"{name}: {_total(total, plan)}")
    late = plan.likely or plan.first
    against = "within" if late.computed / plan.processes <= plan.budget else "beyond"
    processes = f"{plan.processes} process{'es' if plan.processes > 1 else ''}"
    say(f"{processes}, a budget of {duration(plan.budget)} of sampling in each: {against} it.")
    if plan.assumed:
        say(f"Assumed: {plan.assumed}")
    if plan.likely is None:
        say("How many looks cells take, and which are not decided, is unknown without --results of an earlier run.")
    missing = sum(cell.missing is not None for cell in plan.cells)
    if missing:
        say(f"{missing} cells are not asked, or lack something here.")
    _undecided([cell for cell in plan.cells if cell.undecided], say)


def _total(total: Total, plan: Plan) -> str:
    low, high = duration(total.computed / total.spread), duration(total.computed * total.spread)
    return (
        f"{duration(total.computed)} of computing (95 %: {low} to {high}), done after {duration(total.until)}; "
        f"{total.looks:,} looks, {amount(total.networks)}networks, at most {amount(total.memory)}B of memory in each "
        f"of {plan.processes}, {amount(total.disk)}B on disk."
    )


def _undecided(cells: list[CellPlan], say: Sayer) -> None:
    for cell in cells[:_NAMED]:
        say(f"Not decided: {cell.claim} [{cell.id}]: {cell.undecided}.")
    if len(cells) > _NAMED:
        say(f"And {len(cells) - _NAMED:,} more; --json has them all.")


def paper_table(cases: list[Case], device: str, console: Console) -> None:
    """A row a pair and way of asking, with what is assumed."""
    table = Table(title="Not run here, on paper", title_justify="left", box=None, pad_edge=False)
    for name in ("pair", "−ln P(S)", "way", "forward passes", "GPU-hours", "tells"):
        table.add_column(name, justify="left" if name in ("pair", "way", "tells") else "right", overflow="fold")
    for case in cases:
        head = (case.pair.name, f"{case.nats:,.0f} nats")
        for way in case.ways:
            hours = f"{way.hours:,.2g}" if way.hours < 1e9 else f"10^{way.log10_forwards:,.0f} × a pass"
            table.add_row(*head, way.name, f"10^{way.log10_forwards:,.1f}", hours, way.tells)
            head = ("", "")
    console.print(table)
    say = _sayer(console)
    for case in cases:
        say(f"{case.pair.name}: {case.reach}.")
    a, b = evidence_curve()
    sizes = ", ".join(map(str, EVIDENCE))
    say(
        f"Assumed: −ln P(S) = {a:.2f}·m^{b:.2f}, as measured at m = {sizes} on digits with two hidden ReLU layers, "
        f"times ln(classes)/ln 2; {NETWORKS} networks; {KERNEL_NETWORKS:,} networks a kernel on {KERNEL_POINTS:,} "
        f"points; {DIRECTIONS} directions a local volume; {UTILISATION:.0%} of the peak of {device}."
    )


def check_table(check: Check, console: Console) -> None:
    """How many cells were predicted right, and the worst."""
    say = _sayer(console)
    if check.right is None:
        say("No cell to check: the store has none of this run's shards.")
        return
    verdict = "as aimed at" if check.right >= AIMED else f"less than the {AIMED:.0%} aimed at"
    say(f"{check.right:.0%} of {len(check.cells):,} cells were predicted within a factor of 2, {verdict}.")
    if check.new is not None:
        say(
            f"{check.new:.0%} of the {len(check.first_measured):,} cells most of whose time nobody had measured before."
        )
    took, predicted = (sum(getattr(each, of) for each in check.cells) for of in ("took", "predicted"))
    say(f"All cells together, each as if it were alone: predicted {duration(predicted)}, took {duration(took)}.")
    say(f"Predictions are times {check.load:.2f}, by which what had been measured before took longer here.")
    if check.missing:
        say(f"{check.missing:,} cells are left out: the store does not have all of their shards.")
    table = Table(title="Farthest off", title_justify="left", box=None, pad_edge=False)
    for name in ("cell", "predicted", "took", "ratio"):
        table.add_column(name, justify="left" if name == "cell" else "right", overflow="fold")
    for each in sorted(check.cells, key=lambda each: max(each.ratio, 1 / each.ratio), reverse=True)[:_NAMED]:
        cell = Text(f"{each.claim} [{each.id}]")
        table.add_row(cell, duration(each.predicted), duration(each.took), f"{each.ratio:.2g}")
    console.print(table)


def _sayer(console: Console) -> Sayer:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    return say
