"""Verdicts on claims from all kinds of cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdicts import Verdict
from harness.verdicts.verdict import claim_verdict

S, R, U = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE


def cells(*verdicts, kind="empirical"):
    return [(f"cell {i}", verdict, kind) for i, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (cells(S, S), "holds"),
        (cells(S, U), "undecided"),
        (cells(U, U), "undecided"),
        (cells(S, S, R), "holds except in cell 2"),
        (cells(S, S, U, R), "holds except in cell 3"),
        (cells(S, R), "fails"),
        (cells(R, U), "fails"),
        (cells(S, S, S, R, kind="theorem"), "fails"),
        (cells(Verdict.UNAVAILABLE, Verdict.NOT_ASKED, Verdict.ERROR), "not judged"),
        (cells(Verdict.UNAVAILABLE, S), "holds"),
        ([], "not judged"),
        (cells(*[S] * 6, *[R] * 5), "holds except in cell 6; cell 7; cell 8 and 2 more"),
    ],
)
def test_claim_verdict(found, verdict):
    said, sentence = claim_verdict(found)
    assert said == verdict
    assert sentence.endswith(".")
    assert f"{sum(v in (S, R, U) for _, v, _ in found)} cells" in sentence or said == "not judged"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (cells(S, S, Verdict.ERROR), "undecided"),
        (cells(S, U, Verdict.ERROR), "undecided"),
        (cells(S, S, R, Verdict.ERROR), "holds except in cell 2"),
        (cells(R, Verdict.ERROR), "fails"),
        (cells(S, R, Verdict.ERROR, kind="theorem"), "fails"),
        (cells(Verdict.ERROR), "not judged"),
    ],
)
def test_cells_that_failed_are_counted_whatever_the_verdict(found, verdict):
    said, sentence = claim_verdict(found)
    assert said == verdict
    assert "1 cell failed with an error." in sentence
    twice, sentence = claim_verdict([*found, ("another", Verdict.ERROR, "empirical")])
    assert twice == verdict
    assert "2 cells failed with an error." in sentence


@given(st.lists(st.sampled_from(list(Verdict)), max_size=12))
def test_a_claim_holds_only_where_every_judged_cell_does(verdicts):
    said, _ = claim_verdict(cells(*verdicts))
    judged = [v for v in verdicts if v in (S, R, U)]
    failed = Verdict.ERROR in verdicts
    assert (said == "holds") == (bool(judged) and all(v is S for v in judged) and not failed)
    assert said.startswith("holds") or R in judged or U in judged or failed or not judged
