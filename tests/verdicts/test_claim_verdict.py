"""Verdicts on claims from all kinds of cells, by what the claims' sentences say."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdicts import Verdict
from harness.verdicts.claim_verdict import JudgedCell, claim_verdict, of_test

S, R, U = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE
UNAVAILABLE, NOT_ASKED, ERROR = Verdict.UNAVAILABLE, Verdict.NOT_ASKED, Verdict.ERROR
CONTROL_FAILED = "undecided: its control failed"


def cells(*verdicts, test="first", **same):
    return [JudgedCell(test, f"{test}: {i}", verdict, **same) for i, verdict in enumerate(verdicts)]


def controls(*verdicts, **same):
    return cells(*verdicts, test="control", control=True, **same)


@pytest.mark.parametrize(
    ("verdicts", "every", "some", "half", "nine_in_ten"),
    [
        ([S, S], S, S, S, S),
        ([S, U], U, S, S, U),
        ([U, U], U, U, U, U),
        ([R, R], R, R, R, R),
        ([S, R], R, S, S, R),
        ([U, R], R, U, U, R),
        ([S, U, R, R], R, S, U, R),
        ([S, R, R, R], R, S, R, R),
        ([S] * 9 + [R], R, S, S, S),
        ([S] * 9 + [U], U, S, S, S),
        ([S] * 8 + [U, R], R, S, S, U),
        ([S] * 8 + [R, R], R, S, S, R),
        ([UNAVAILABLE, S], U, S, S, U),
    ],
)
def test_quantifiers(verdicts, every, some, half, nine_in_ten):
    assert [of_test(verdicts, holds) for holds in ("every", "some", 0.5, 0.9)] == [every, some, half, nine_in_ten]
    assert of_test(verdicts, 1.0) is every


@pytest.mark.parametrize(("of", "share", "least"), [(100, 0.07, 7), (100, 0.29, 29), (10, 0.3, 3), (3, 1 / 3, 1)])
def test_a_share_is_of_whole_cells(of, share, least):
    assert of_test([S] * least + [R] * (of - least), share) is S
    assert of_test([S] * (least - 1) + [R] * (of - least + 1), share) is R
    assert of_test([S] * (least - 1) + [U] + [R] * (of - least), share) is U


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (cells(S, S), "holds"),
        (cells(S, U), "undecided"),
        (cells(S, S, R), "fails"),
        (cells(S, S, R, holds="some"), "holds"),
        (cells(S, S, R, holds=0.6), "holds"),
        # The conjunction of its tests.
        (cells(S, S) + cells(S, R, test="second", holds="some"), "holds"),
        (cells(S, S) + cells(U, R, test="second", holds="some"), "undecided"),
        (cells(S, S, S) + cells(R, R, test="second", holds="some"), "fails"),
        (cells(S, R, test="second", holds="some") + cells(S, S, R), "fails"),
        # Most cells undecided or unavailable.
        (cells(R, U), "fails"),
        (cells(R, U, U), "undecided"),
        (cells(R, U, UNAVAILABLE), "undecided"),
        (cells(S, U, U, holds="some"), "undecided"),
        (cells(S, S, UNAVAILABLE), "undecided"),
        (cells(S, S, UNAVAILABLE, holds=0.5), "holds"),
        # Neither controls nor cells that are not asked are counted.
        (cells(S, NOT_ASKED, NOT_ASKED), "holds"),
        (cells(R) + controls(S, S, S, S), "fails"),
        (cells(S) + controls(S, U), "undecided"),
        (cells(S) + controls(UNAVAILABLE), "undecided"),
        (cells(R) + controls(U), "fails"),
        # All of it has to be asked.
        (cells(S, S) + cells(NOT_ASKED, test="second"), "undecided"),
        (cells(S, R) + cells(NOT_ASKED, test="second"), "fails"),
        (cells(S) + controls(S, R), CONTROL_FAILED),
        (cells(R) + controls(R), CONTROL_FAILED),
        (controls(S), "not judged"),
        (controls(R), CONTROL_FAILED),
        (cells(UNAVAILABLE, NOT_ASKED, ERROR), "not judged"),
        ([], "not judged"),
        # A theorem's refutation is a bug, wherever it is.
        (cells(S, R, kind="theorem", holds="some"), "fails"),
        (cells(R, U, U, U, kind="theorem"), "fails"),
        (cells(S) + controls(R, kind="theorem"), "fails"),
    ],
)
def test_claim_verdict(found, verdict):
    said, sentence = claim_verdict(found)
    assert said == verdict
    assert sentence.endswith(".")


def test_the_sentence_names_what_is_refuted():
    assert claim_verdict(cells(*[S] * 6, *[R] * 5))[1] == (
        "The claim says that it holds in every cell, but it holds except in first: 10; first: 6; first: 7 and 2 more: "
        "6 of 11 cells supported, 5 refuted, 0 undecided."
    )
    assert claim_verdict(cells(S, S, R, holds=0.6))[1] == (
        "The claim holds in at least 60 % of the cells, as it says: 2 of 3 cells supported, 1 refuted, 0 undecided. "
        "It is refuted in first: 2."
    )
    assert claim_verdict(cells(R, R, holds="some"))[1] == (
        "The claim says that it holds in some cell, but it is refuted in first: 0; first: 1: 0 of 2 cells supported, "
        "2 refuted, 0 undecided."
    )
    assert "Its control failed in control: 0, so that the other" in claim_verdict(cells(S) + controls(R))[1]
    assert "refuted in first: 0, which means a bug" in claim_verdict(cells(R, kind="theorem"))[1]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (cells(S, S, ERROR), "undecided"),
        (cells(S, ERROR, holds="some"), "undecided"),
        (cells(S, U, ERROR), "undecided"),
        (cells(R, ERROR), "fails"),
        (cells(S, R, ERROR, kind="theorem"), "fails"),
        (cells(S) + controls(ERROR), "undecided"),
        (cells(ERROR), "not judged"),
    ],
)
def test_cells_that_failed_are_counted_whatever_the_verdict(found, verdict):
    said, sentence = claim_verdict(found)
    assert said == verdict
    assert "1 cell failed with an error." in sentence
    twice, sentence = claim_verdict([*found, JudgedCell("another", "another", ERROR, control=True)])
    assert twice == verdict
    assert "2 cells failed with an error." in sentence


HOLDS = {"first": "every", "second": "some", "third": 0.7}
CELLS = st.lists(
    st.builds(
        lambda test, number, verdict, control: JudgedCell(
            test, f"{test}: {number}", verdict, "open", HOLDS[test], control
        ),
        st.sampled_from(sorted(HOLDS)),
        st.integers(0, 5),
        st.sampled_from(list(Verdict)),
        st.booleans(),
    ),
    max_size=14,
    unique_by=lambda cell: cell.name,
)


@given(CELLS, st.data())
def test_neither_order_nor_duplicates_matter(found, data):
    shuffled = data.draw(st.permutations(found))
    again = data.draw(st.lists(st.sampled_from(found))) if found else []
    assert claim_verdict(found) == claim_verdict(shuffled) == claim_verdict([*shuffled, *again])


@given(CELLS, st.integers(1, 30), st.booleans())
def test_easy_cells_move_no_claim_about_every_cell_from_fails_to_holds(found, count, control):
    every = [dataclasses.replace(cell, holds="every") for cell in found]
    easy = cells(*[S] * count, test="easy", control=control)
    before, after = claim_verdict(every)[0], claim_verdict([*every, *easy])[0]
    if before != "holds" and any(cell.verdict is R for cell in every):
        assert after != "holds"
    if before == "fails":
        assert after == "fails"
    if control:
        assert after == before


def test_a_test_without_a_cell_leaves_a_claim_open():
    both = ("first", "test_second_thing")
    assert claim_verdict(cells(S), ("first",))[0] == "holds"
    assert claim_verdict(cells(R), both)[0] == "fails"
    said, sentence = claim_verdict(cells(S), both)
    assert said == "undecided"
    assert sentence.startswith("Not all of it was asked here (second thing). The claim holds")


@given(CELLS)
def test_what_is_not_counted_turns_no_verdict_into_its_opposite(found):
    counted = [cell for cell in found if not cell.control and cell.verdict is not NOT_ASKED]
    before, after = claim_verdict(counted)[0], claim_verdict(found)[0]
    assert after == before or after in ("undecided", CONTROL_FAILED)
    unsure = any((cell.control and cell.verdict is not S) or cell.verdict is ERROR for cell in found)
    if not unsure and {cell.test for cell in counted} == {cell.test for cell in found}:
        assert after == before


@given(CELLS)
def test_a_claim_that_holds_has_no_test_that_is_not_supported(found):
    if claim_verdict(found)[0] == "holds":
        tests = {}
        for cell in found:
            if not cell.control and cell.verdict is not NOT_ASKED:
                tests.setdefault(cell.test, []).append(cell.verdict)
        assert {of_test(verdicts, HOLDS[test]) for test, verdicts in tests.items()} == {S}
