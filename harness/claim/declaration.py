"""How a claim is declared: its kind, its predicted region with the reason, and the grid it is tested over.

A claim is one file of the folder `claims/`: its docstring holds the sentence, the source, and how the estimate is
computed; its test functions return an Estimate for one cell of a grid each.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from harness.claim.scales import SCALES
from harness.errors import BadInput
from harness.verdicts import Estimate, Prediction

KINDS = ("theorem", "empirical", "open", "rival")


@dataclass(frozen=True)
class Question:
    """One test function of a claim.

    slug: name of the claim's file. kind: one of KINDS. quantity: name of the estimate. predicts: the predicted region,
    or a function from a cell's parameters to it. grid: axis name -> values at each scale. excluded: cell parameters ->
    reason why that cell makes no sense, or None. test: the test function's name.
    """

    slug: str
    kind: str
    quantity: str
    predicts: Prediction | Callable[..., Prediction]
    grid: Mapping[str, Mapping[str, Sequence[Any]]]
    excluded: Callable[..., str | None]
    test: str = ""

    def cells(self, scale: str) -> list[dict[str, Any]]:
        """The parameters of every cell at a scale, including cells that are not asked."""
        axes = {axis: values[scale] for axis, values in self.grid.items()}
        return [dict(zip(axes, chosen, strict=True)) for chosen in product(*axes.values())]

    def prediction(self, cell: Mapping[str, Any]) -> Prediction:
        """The region predicted for a cell."""
        return self.predicts if isinstance(self.predicts, Prediction) else self.predicts(**cell)

    def cell_id(self, cell: Mapping[str, Any]) -> str:
        """Name of a cell in results and among accepted verdicts: the test's name, then its values' names."""
        name = self.test.removeprefix("test_")
        return f"{name}: {values_id(cell)}" if cell else name


@dataclass(frozen=True)
class ClaimText:
    """The text in a claim's file: the docstring's first line, its Source paragraph and the rest."""

    sentence: str
    source: str
    computed: str

    @classmethod
    def of(cls, docstring: str) -> "ClaimText":
        """Read a claim's docstring; BadInput if it has no sentence or no paragraph that begins with "Source:"."""
        paragraphs = [" ".join(p.split()) for p in inspect.cleandoc(docstring).split("\n\n") if p.strip()]
        sources = [p for p in paragraphs[1:] if p.startswith("Source:")]
        if not sources:
            raise BadInput(
                "A claim's docstring begins with the sentence it tests and has a paragraph that begins with "
                f"'Source:'; this one is {docstring[:80]!r}."
            )
        rest = [p for p in paragraphs[1:] if p not in sources]
        return cls(paragraphs[0], sources[0].removeprefix("Source:").strip(), "\n".join(rest))


def claim(
    *,
    kind: str,
    of: str,
    predicts: Prediction | Callable[..., Prediction],
    excluded: Callable[..., str | None] = lambda **_: None,
) -> Callable[[Callable[..., Estimate]], Callable[..., Estimate]]:
    """Declare a test function of a claim; stands above `over`.

    Args:
        kind: theorem, empirical, open or rival.
        of: name of the quantity that is estimated.
        predicts: the predicted region, or a function from a cell's parameters to it.
        excluded: cell parameters -> reason why that cell is not asked, or None; by default all cells are asked.

    Returns:
        A decorator, which records the declaration and leaves the function unchanged.

    Raises:
        BadInput: there is no such kind.
    """
    if kind not in KINDS:
        raise BadInput(f"A claim is of kind {', '.join(KINDS)}, not {kind!r}.")

    def declare(function: Callable[..., Estimate]) -> Callable[..., Estimate]:
        slug = Path(function.__code__.co_filename).stem
        grid = getattr(function, "_grid", {})
        declared = Question(slug, kind, of, predicts, grid, excluded, function.__name__)
        function._question = declared  # type: ignore[attr-defined]
        return function

    return declare


def over(
    **axes: Sequence[Any] | Mapping[str, Sequence[Any]],
) -> Callable[[Callable[..., Estimate]], Callable[..., Estimate]]:
    """Declare the grid of a test function: for each axis the values at every scale, or a mapping scale -> values.

    An axis without values at a scale leaves the test without cells there.
    """
    for axis, values in axes.items():
        if isinstance(values, Mapping) and set(values) != set(SCALES):
            raise BadInput(f"The axis {axis!r} needs values at {', '.join(SCALES)}, not at {', '.join(values)}.")

    def attach(function: Callable[..., Estimate]) -> Callable[..., Estimate]:
        if question_of(function) is not None:
            raise BadInput(f"In {function.__name__}, @claim goes above @over, so that it sees the grid.")
        grid = {
            axis: values if isinstance(values, Mapping) else dict.fromkeys(SCALES, values)
            for axis, values in axes.items()
        }
        function._grid = grid  # type: ignore[attr-defined]
        return function

    return attach


def question_of(function: Any) -> Question | None:
    """The declaration of a claim's test function; None for any other function."""
    return getattr(function, "_question", None)


def questions_in(module: Any) -> list[Question]:
    """Every declaration in a claim's file."""
    return [found for value in vars(module).values() if (found := question_of(value)) is not None]


def values_id(cell: Mapping[str, Any]) -> str:
    """The names of a cell's values; "all" if there is no grid."""
    return "-".join(label(value) for value in cell.values()) or "all"


def label(value: Any) -> str:
    """A grid value's stable name, for ids: its `name` if it has one; never an object's repr."""
    if isinstance(value, str | int | float):
        return str(value)
    name = getattr(value, "name", None)
    if not isinstance(name, str):
        raise BadInput(f"A grid value needs a stable name: a {type(value).__name__} has no attribute `name`.")
    return name
