"""Published numbers that cells are held against, and what is refused."""

import pytest

from harness.claim import Published, claim, over, question_of
from harness.errors import BadInput
from harness.verdicts import at_least


def declared(published, predicts):
    @claim(kind="empirical", of="number", predicts=predicts, speaks_for="instrument", published=published)
    @over(n=[1, 2])
    def test_it(lab, n): ...

    return question_of(test_it)


def test_a_region_is_around_the_published_value_with_its_three_standard_errors():
    published = Published(0.5, "somebody", 0.01)
    region = published.agrees(0.1, because="given")
    assert (region.low, region.high) == pytest.approx((0.37, 0.63))
    question = declared(lambda n: published if n == 1 else None, region)
    assert [question.published_of(cell) for cell in question.cells("smoke")] == [published, None]
    assert declared(None, region).published_of({"n": 1}) is None


def test_a_region_elsewhere_is_refused():
    question = declared(lambda n: Published(n, "somebody"), at_least(1.5, because="given"))
    assert question.published_of({"n": 2}).value == 2
    with pytest.raises(BadInput, match=r"predicts at least 1\.5, where 1 is published"):
        question.published_of({"n": 1})
    with pytest.raises(BadInput, match=r"says 0\.5 of a cell; it gives a Published, or None"):
        declared(lambda **_: 0.5, at_least(0, because="given")).published_of({"n": 1})


@pytest.mark.parametrize(
    "arguments",
    [(float("nan"), "x"), ("0.5", "x"), (0.5, ""), (0.5, None), (0.5, "x", -1.0), (0.5, "x", float("inf")),
     (0.5, "x", 0.0, None)],
)  # fmt: skip
def test_what_is_no_published_number_is_refused(arguments):
    with pytest.raises(BadInput):
        Published(*arguments)
