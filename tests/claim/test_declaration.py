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


def test_a_claim_in_plain_words():
    text = ClaimText.of("A sentence.\n\nIn words: is it\nso?\n\nSource: M. 2021.\n\nBy hand.")
    assert text == ClaimText("A sentence.", "M. 2021.", "By hand.", "is it so?")


@pytest.mark.parametrize("text", ["", "A sentence.", "Source: only.", "A sentence.\n\nSources: two."])
def test_a_claim_without_sentence_or_source(text):
    with pytest.raises(BadInput, match="paragraph that begins with 'Source:'"):
        ClaimText.of(text)


def declared():
    @claim(
        kind="open",
        of="number",
        predicts=lambda n, cube: at_most(n, because=cube.name),
        speaks_for="optimiser",
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


def test_standard_changes_one_axis_at_a_time():
    """At most one axis has a value that smoke has not; an axis with no value of smoke's stands at its first one."""

    @claim(kind="open", speaks_for="architecture", of="number", predicts=HALF)
    @over(
        a={"smoke": (1,), "standard": (1, 2, 3), "full": (1, 2, 3)},
        b={"smoke": (boolean_cube(2), boolean_cube(3)), "standard": (boolean_cube(3), boolean_cube(4)), "full": (1,)},
        c={"smoke": (), "standard": ("x", "y"), "full": ("x", "y")},
        d=(0, 1),
    )
    def test_it(lab, a, b, c, d): ...

    question = question_of(test_it)
    assert question.cells("smoke") == []
    assert len(question.cells("full")) == 3 * 1 * 2 * 2
    found = [values_id(cell) for cell in question.cells("standard")]
    moved = ["1-cube3-x", "1-cube3-y", "1-cube4-x", "2-cube3-x", "3-cube3-x"]
    assert found == [f"{each}-{d}" for each in moved for d in (0, 1)]


def test_a_claim_without_grid_is_one_cell():
    @claim(kind="rival", speaks_for="architecture", of="slope", predicts=HALF)
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
        claim(kind="law", speaks_for="architecture", of="number", predicts=HALF)
    with pytest.raises(BadInput, match="'n' needs values at smoke, standard, full, not at smoke"):
        over(n={"smoke": [1]})
    with pytest.raises(BadInput, match="@claim goes above @over"):

        @over(n=[1])
        @claim(kind="open", speaks_for="architecture", of="number", predicts=HALF)
        def test_it(lab, n): ...


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"speaks_for": "chance"}, "speaks for architecture or optimiser or instrument, not 'chance'"),
        ({"holds": "mostly"}, "every cell, in some, or in a share of them in .*, not 'mostly'"),
        ({"holds": 0.0}, "not 0.0"),
        ({"holds": 1.5}, "not 1.5"),
        ({"holds": float("nan")}, "not nan"),
        ({"holds": True}, "not True"),
        ({"excludes": "uniform guessing"}, "names of null learners in a tuple, not 'uniform guessing'"),
        ({"excludes": ("",)}, "names of null learners"),
        ({"known": None}, "a sentence on what was known before the run, not None"),
    ],
)
def test_a_wrong_part_of_a_declaration_is_said(changed, said):
    with pytest.raises(BadInput, match=said):
        claim(**{"kind": "open", "speaks_for": "architecture", "of": "number", "predicts": HALF, **changed})


@pytest.mark.parametrize("role", ["crux", "control"])
@pytest.mark.parametrize(
    ("predicate", "said"),
    [
        ("width", "takes a function of a cell's values, not 'width'"),
        (lambda width: width > 1, "is called with the axes n by name, which it does not take"),
    ],
)
def test_what_is_no_predicate_is_said(role, predicate, said):
    declare = claim(kind="open", speaks_for="architecture", of="number", predicts=HALF, **{role: predicate})
    with pytest.raises(BadInput, match=f"{role} of test_it {said}"):

        @declare
        @over(n=[1])
        def test_it(lab, n): ...


def test_a_predicate_says_true_or_false():
    @claim(kind="open", speaks_for="architecture", of="number", predicts=HALF, crux=lambda n: n)
    @over(n=[1])
    def test_it(lab, n): ...

    with pytest.raises(BadInput, match="crux of test_it says 1 of a cell; it says True or False"):
        question_of(test_it).is_crux({"n": 1})


def test_cells_that_decide_and_cells_that_are_not_counted():
    @claim(
        kind="open",
        speaks_for="architecture",
        of="number",
        predicts=HALF,
        holds=0.9,
        crux=lambda n, **_: n == 1,
        control=lambda cube, **_: cube.name == "cube3",
        excludes=["truth"],
        known=" It was seen. ",
    )
    @over(n=[1, 2], cube=[boolean_cube(2), boolean_cube(3)])
    def test_it(lab, n, cube): ...

    question = question_of(test_it)
    cells = question.cells("smoke")
    assert [question.is_crux(cell) for cell in cells] == [True, True, False, False]
    assert [question.is_control(cell) for cell in cells] == [False, True, False, True]
    assert (question.holds, question.excludes, question.known) == (0.9, ("truth",), "It was seen.")
    plain = question_of(declared())
    assert not any(plain.is_crux(cell) or plain.is_control(cell) for cell in plain.cells("standard"))
    assert (plain.holds, plain.excludes, plain.known) == ("every", (), "")


def test_tests_of_one_file_speak_for_one_side():
    def of(side):
        @claim(kind="open", speaks_for=side, of="number", predicts=HALF)
        @over()
        def test_it(lab): ...

        return test_it

    class Module:
        first, second = of("architecture"), of("optimiser")

    with pytest.raises(BadInput, match="test_it speaks for the architecture and test_it for the optimiser"):
        questions_in(Module)
