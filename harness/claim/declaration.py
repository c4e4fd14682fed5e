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

from harness.arguments import short_repr
from harness.claim.published import Published
from harness.claim.scales import SCALES
from harness.claim.space import Space
from harness.errors import BadInput
from harness.verdicts import Estimate, Prediction
from harness.verdicts.claim_verdict import check_holds

KINDS = ("theorem", "empirical", "open", "rival")
# Which answer a claim speaks for if it holds; instrument: a check of this software.
SIDES = ("architecture", "optimiser", "instrument")


@dataclass(frozen=True)
class Question:
    """One test function of a claim.

    slug: name of the claim's file. kind: one of KINDS. quantity: name of the estimate. predicts: the predicted region,
    or a function from a cell's parameters to it. grid: axis name -> values at each scale. excluded: cell parameters ->
    reason why that cell makes no sense, or None. test: the test function's name. speaks_for: one of SIDES. holds:
    quantifier over its cells. crux, control: cell parameters -> whether that cell is one. excludes: null learners that
    the claim rules out. known: what was known of the answer before the run. published: cell parameters -> the published
    number that the cell is held against. space: all that its sentence covers, for hunts.
    """

    slug: str
    kind: str
    quantity: str
    predicts: Prediction | Callable[..., Prediction]
    grid: Mapping[str, Mapping[str, Sequence[Any]]]
    excluded: Callable[..., str | None]
    test: str = ""
    speaks_for: str = "instrument"
    holds: str | float = "every"
    crux: Callable[..., bool] | None = None
    control: Callable[..., bool] | None = None
    excludes: tuple[str, ...] = ()
    known: str = ""
    published: Callable[..., Published | None] | None = None
    space: Space | None = None

    def cells(self, scale: str) -> list[dict[str, Any]]:
        """The parameters of every cell at a scale, including cells that are not asked."""
        axes = {axis: values[scale] for axis, values in self.grid.items()}
        every = [dict(zip(axes, chosen, strict=True)) for chosen in product(*axes.values())]
        if not SCALES[scale].one_axis_at_a_time:
            return every
        # What an axis does is seen with the others as at smoke; all combinations would share the claim's error, and
        # leave a cell neither the error nor the samples to be decided.
        new = {axis: _not_at_smoke(values, scale) for axis, values in self.grid.items()}
        return [cell for cell in every if sum(label(value) in new[axis] for axis, value in cell.items()) <= 1]

    def prediction(self, cell: Mapping[str, Any]) -> Prediction:
        """The region predicted for a cell."""
        return self.predicts if isinstance(self.predicts, Prediction) else self.predicts(**cell)

    def is_crux(self, cell: Mapping[str, Any]) -> bool:
        """Whether the cell is one of the few that decide."""
        return self._asked_of("crux", self.crux, cell)

    def is_control(self, cell: Mapping[str, Any]) -> bool:
        """Whether the cell is shown but not counted: a check, or one that arithmetic guarantees."""
        return self._asked_of("control", self.control, cell)

    def published_of(self, cell: Mapping[str, Any]) -> Published | None:
        """The published number that the cell is held against, if there is one."""
        found = None if self.published is None else self.published(**cell)
        if not isinstance(found, Published | None):
            raise BadInput(
                f"published of {self.test} says {short_repr(found)} of a cell; it gives a Published, or None."
            )
        region = self.prediction(cell)
        if found is not None and not region.low <= found.value <= region.high:
            raise BadInput(
                f"{self.test} predicts {region.text}, where {found.value:g} is published; predict what "
                "Published.agrees gives, or leave published out."
            )
        return found

    def _asked_of(self, role: str, predicate: Callable[..., bool] | None, cell: Mapping[str, Any]) -> bool:
        found = False if predicate is None else predicate(**cell)
        if not isinstance(found, bool):
            raise BadInput(f"{role} of {self.test} says {short_repr(found)} of a cell; it says True or False.")
        return found

    def cell_id(self, cell: Mapping[str, Any]) -> str:
        """Name of a cell in results and among accepted verdicts: the test's name, then its values' names."""
        name = self.test.removeprefix("test_")
        return f"{name}: {values_id(cell)}" if cell else name


@dataclass(frozen=True)
class ClaimText:
    """The text in a claim's file: the docstring's first line, its Source paragraph, its paragraph "In words", which may
    be missing, and the rest."""

    sentence: str
    source: str
    computed: str
    in_words: str = ""

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
        plain = [p for p in paragraphs[1:] if p.startswith("In words:")]
        rest = [p for p in paragraphs[1:] if p not in (*sources, *plain)]
        return cls(
            paragraphs[0],
            sources[0].removeprefix("Source:").strip(),
            "\n".join(rest),
            " ".join(p.removeprefix("In words:").strip() for p in plain),
        )


def claim(
    *,
    kind: str,
    of: str,
    predicts: Prediction | Callable[..., Prediction],
    speaks_for: str,
    holds: str | float = "every",
    crux: Callable[..., bool] | None = None,
    control: Callable[..., bool] | None = None,
    excludes: Sequence[str] = (),
    known: str = "",
    published: Callable[..., Published | None] | None = None,
    excluded: Callable[..., str | None] = lambda **_: None,
    space: Space | None = None,
) -> Callable[[Callable[..., Estimate]], Callable[..., Estimate]]:
    """Declare a test function of a claim; stands above `over`.

    Args:
        kind: theorem, empirical, open or rival.
        of: name of the quantity that is estimated.
        predicts: the predicted region, or a function from a cell's parameters to it.
        speaks_for: the answer that the claim, if it holds, speaks for: architecture, optimiser, or instrument for a
            check of this software; the same in all tests of a file.
        holds: in how many of its cells the claim's sentence says that it holds: every, some, or a share in (0, 1].
        crux: cell parameters -> whether that cell is one of the few that decide; None: no cell is.
        control: cell parameters -> whether that cell is shown but not counted, as a check, as a sample that another
            test counts, or as one that arithmetic guarantees; None: no cell is.
        excludes: names of the null learners of which none may be supported.
        known: what was known of the answer before the run; empty if nothing was.
        published: cell parameters -> the published number that the cell is held against, or None; the report lists all
            such cells with theirs. None: there is none for any.
        excluded: cell parameters -> reason why that cell is not asked, or None; by default all cells are asked.
        space: all that the sentence covers, of which the grid is a few points, for `python -m harness hunt`; None: it
            is not hunted.

    Returns:
        A decorator, which records the declaration and leaves the function unchanged.

    Raises:
        BadInput: one of these is of the wrong kind.
    """
    if kind not in KINDS:
        raise BadInput(f"A claim is of kind {', '.join(KINDS)}, not {short_repr(kind)}.")
    if speaks_for not in SIDES:
        raise BadInput(f"A claim speaks for {' or '.join(SIDES)}, not {short_repr(speaks_for)}.")
    check_holds(holds)
    if isinstance(excludes, str) or not all(isinstance(name, str) and name.strip() for name in excludes):
        raise BadInput(f"excludes takes the names of null learners in a tuple, not {short_repr(excludes)}.")
    if not isinstance(known, str):
        raise BadInput(f"known takes a sentence on what was known before the run, not {short_repr(known)}.")

    if space is not None and (not isinstance(space, Space) or holds != "every"):
        raise BadInput(
            "A hunt looks for one place where a claim fails: space takes a Space, of a test that holds in every cell, "
            f"not {short_repr(space)} of one that holds in {holds}."
        )

    def declare(function: Callable[..., Estimate]) -> Callable[..., Estimate]:
        slug = Path(function.__code__.co_filename).stem
        grid = getattr(function, "_grid", {})
        for role, predicate in (("crux", crux), ("control", control), ("published", published)):
            _check_predicate(role, predicate, function.__name__, grid)
        declared = Question(
            slug,
            kind,
            of,
            predicts,
            grid,
            excluded,
            function.__name__,
            speaks_for,
            holds,
            crux,
            control,
            tuple(excludes),
            known.strip(),
            published,
            space,
        )
        # mypy knows no attributes of functions; a claim's test stays the plain function that pytest collects.
        function._question = declared  # type: ignore[attr-defined]
        return function

    return declare


def _not_at_smoke(values: Mapping[str, Sequence[Any]], scale: str) -> set[str]:
    """Names of an axis' values at a scale that it has not at smoke; where it has none of them, of all but the first."""
    names = [label(value) for value in values[scale]]
    new = set(names) - {label(value) for value in values["smoke"]}
    return new if len(new) < len(set(names)) else new - set(names[:1])


def _check_predicate(role: str, predicate: Any, test: str, axes: Sequence[str] | Mapping[str, Any]) -> None:
    """Raise BadInput unless it takes the values of a cell by the names of its axes."""
    if predicate is None:
        return
    if not callable(predicate):
        raise BadInput(f"{role} of {test} takes a function of a cell's values, not {short_repr(predicate)}.")
    try:
        inspect.signature(predicate).bind(**dict.fromkeys(axes))
    except TypeError as error:
        raise BadInput(
            f"{role} of {test} is called with the axes {', '.join(axes) or '(none)'} by name, which it does not take "
            f"({error}); give it those, or **_ for the rest."
        ) from None


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
        function._grid = grid  # type: ignore[attr-defined]  # as `_question`
        return function

    return attach


def question_of(function: Any) -> Question | None:
    """The declaration of a claim's test function; None for any other function."""
    return getattr(function, "_question", None)


def questions_in(module: Any) -> list[Question]:
    """Every declaration in a claim's file; BadInput if its tests speak for different sides."""
    found = [question for value in vars(module).values() if (question := question_of(value)) is not None]
    for other in found[1:]:
        if other.speaks_for != found[0].speaks_for:
            raise BadInput(
                f"All tests of a claim speak for one side, but {found[0].test} speaks for the {found[0].speaks_for} "
                f"and {other.test} for the {other.speaks_for}; make them alike, or two claims of them."
            )
    return found


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
