"""How claims are declared: text, grids, ids, and what is refused."""

import pytest

from harness.claim import ClaimText, claim, label, over, question_of, questions_in, values_id
from harness.errors import BadInput
from harness.problems import boolean_cube
from harness.verdicts import at_least, at_most

HALF = at_least(0.5, because="of symmetry")


def test_text_of_a_claim():
    text = ClaimText.of(
        """Optimisers sample
        by volume.

        First paragraph,
        in two lines.

        Source: M. 2021,
        page 3.

        Second paragraph.
        """
    )
    assert text == ClaimText(
        "Optimisers sample by volume.", "M. 2021, page 3.", "First paragraph, in two lines.\nSecond paragraph."
    )


@pytest.mark.parametrize("text", ["", "A sentence.", "Source: only.", "A sentence.\n\nSources: two."])
def test_a_claim_without_sentence_or_source(text):
    with pytest.raises(BadInput, match="paragraph that begins with 'Source:'"):
        ClaimText.of(text)


def declared():
    @claim(
        kind="open",
        of="number",
        predicts=lambda n, cube: at_most(n, because=cube.name),
        excluded=lambda n, **_: "no" if n == 2 else None,
    )
    @over(n={"smoke": [1], "standard": [1, 2], "full": []}, cube=[boolean_cube(2), boolean_cube(3)])
    def test_it(lab, n, cube): ...

    return test_it


def test_a_declaration():
    question = question_of(declared())
    assert (question.slug, question.kind, question.quantity, question.test) == (
        "test_declaration",
        "open",
        "number",
        "test_it",
    )
    assert [values_id(cell) for cell in question.cells("standard")] == ["1-cube2", "1-cube3", "2-cube2", "2-cube3"]
    assert question.cells("full") == []
    (first, _) = question.cells("smoke")
    assert question.cell_id(first) == "it: 1-cube2"
    assert question.prediction(first) == at_most(1, because="cube2")
    assert question.excluded(**first) is None
    assert question.excluded(**question.cells("standard")[2]) == "no"


def test_a_claim_without_grid_is_one_cell():
    @claim(kind="rival", of="slope", predicts=HALF)
    @over()
    def test_slope(lab): ...

    question = question_of(test_slope)
    assert question.cells("smoke") == [{}]
    assert question.cell_id({}) == "slope"
    assert values_id({}) == "all"
    assert question.prediction({}) is HALF


def test_questions_in_a_module():
    class Module:
        first, other, second = declared(), len, declared()

    assert len(questions_in(Module)) == 2
    assert question_of(len) is None


def test_labels_are_stable_names():
    assert [label(value) for value in (1, 0.1, "a b", boolean_cube(2))] == ["1", "0.1", "a b", "cube2"]
    for value in (None, object(), [1]):
        with pytest.raises(BadInput, match="stable name"):
            label(value)


def test_what_is_declared_wrongly_is_said():
    with pytest.raises(BadInput, match="kind theorem, empirical, open, rival, not 'law'"):
        claim(kind="law", of="number", predicts=HALF)
    with pytest.raises(BadInput, match="'n' needs values at smoke, standard, full, not at smoke"):
        over(n={"smoke": [1]})
    with pytest.raises(BadInput, match="@claim goes above @over"):

        @over(n=[1])
        @claim(kind="open", of="number", predicts=HALF)
        def test_it(lab, n): ...
