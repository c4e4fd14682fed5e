"""The space of a claim: points as ranks, values by name, and what is refused."""

import pytest

from harness.claim import Space, claim, over
from harness.errors import BadInput
from harness.verdicts import at_least

SPACE = Space({"m": (8, 16), "rule": ("sgd", "adam", "momentum"), "ρ": (0.1,)}, lambda m, rule, **_: {"of": (rule, m)})


def test_points_are_ranks_from_the_simplest():
    assert (SPACE.size, SPACE.lengths, SPACE.simplest) == (6, (2, 3, 1), (0, 0, 0))
    assert SPACE.values((1, 2, 0)) == {"m": 16, "rule": "momentum", "ρ": 0.1}
    assert SPACE.point({"ρ": 0.1, "m": 16, "rule": "momentum"}) == (1, 2, 0)
    assert SPACE.cell_at((1, 0, 0)) == {"of": ("sgd", 16)}
    assert SPACE.sentence((0, 1, 0)) == "m = 8, rule = adam, ρ = 0.1"
    assert sorted(SPACE.neighbours((0, 1, 0))) == [(0, 0, 0), (0, 2, 0), (1, 1, 0)]
    assert SPACE.ordered() == [True, False, True]
    with pytest.raises(BadInput, match="has no point"):
        SPACE.point({"m": 7, "rule": "sgd", "ρ": 0.1})


def test_without_a_cell_of_its_own_its_values_are_the_cells():
    assert Space({"m": (8, 16)}).cell_at((1,)) == {"m": 16}


@pytest.mark.parametrize("axes", [{}, {"m": ()}, {"m": (8, 8)}, {"rule": "sgd"}, {"network": (object(),)}])
def test_wrong_axes_are_refused(axes):
    with pytest.raises(BadInput, match="space"):
        Space(axes)


def test_a_declaration_keeps_it_and_wants_every_cell():
    def declared(**more):
        region = at_least(0, because="x")
        return claim(kind="empirical", of="q", predicts=region, speaks_for="instrument", space=SPACE, **more)

    @declared()
    @over(of=[1])
    def test_it(lab, of):
        raise AssertionError

    assert test_it._question.space is SPACE
    with pytest.raises(BadInput, match="one place where a claim fails"):
        declared(holds="some")
