"""A claim's verdict in words, and that what they say of where it fails is so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.sentences import in_words as of_verdict
from harness.verdicts import Verdict
from harness.verdicts.claim_verdict import JudgedCell, claim_verdict
from tests.support.report_documents import cell, estimate, sample
from tests.support.report_page import page_of


def cells(verdicts, test="t", **changes):
    """verdicts: (verdict, parameters) of each cell."""
    return [
        cell("one", f"{test}: {i}", verdict, estimate(0.9, 0.8, 1.0), parameters, **changes)
        for i, (verdict, parameters) in enumerate(verdicts)
    ]


def verdict_on(found):
    """As a run has it."""
    return claim_verdict(
        JudgedCell(each["test"], each["id"], Verdict(each["verdict"]), each["kind"], each["holds"], each["control"])
        for each in found
    )[0]


def in_words(found):
    return of_verdict(found, verdict_on(found))


def over(axis, **verdicts):
    """Cells over a number; verdicts: its values by verdict."""
    return cells([(verdict, {axis: value}) for verdict, values in verdicts.items() for value in values])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (over("depth", supported=[1, 2]), "It holds: all 2 cells agree with what was predicted."),
        (over("depth", supported=[1]), "It holds: its one cell agrees with what was predicted."),
        (over("depth", inconclusive=[1, 2]), "Undecided: none of its 2 cells is decided yet."),
        (
            over("depth", supported=[1, 2], inconclusive=[4]),
            "Nothing contradicts it: 2 of 3 cells agree, the other one is not decided.",
        ),
        (over("depth", refuted=[1, 2]), "It fails: 0 of 2 cells agree, 2 contradict it."),
        (over("depth", unavailable=[1]), "Nothing was judged."),
        (
            over("depth", error=[1], supported=[2]),
            "It holds in all but 1 cell, which ended in an error.",
        ),
        (
            over("depth", error=[1, 2], supported=[4], inconclusive=[8]),
            "Nothing contradicts it: 1 of 2 cells agrees, the other one is not decided. 2 cells ended in an error.",
        ),
        (over("depth", error=[1, 2]), "Nothing was judged. 2 cells ended in an error."),
        (
            over("depth", refuted=[1, 2], supported=[4, 8, 16]),
            "It fails: 3 of 5 cells agree, 2 contradict it. It fails where depth is at most 2.",
        ),
        (
            over("depth", refuted=[8, 16], supported=[2, 4]),
            "It fails: 2 of 4 cells agree, 2 contradict it. It fails where depth is at least 8.",
        ),
        (
            over("loss", refuted=["hinge"], supported=["square", "cross"]),
            "It fails: 2 of 3 cells agree, 1 contradicts it. It fails where loss is hinge.",
        ),
    ],
)
def test_verdicts_in_words(found, said):
    assert in_words(found) == said


def test_a_quantifier_in_words():
    grid = [("supported", {"depth": d}) for d in (1, 2, 4)]
    grid += [("refuted", {"depth": 8}), ("inconclusive", {"depth": 16})]
    assert in_words(cells(grid, holds="some")) == (
        "It holds in as many cells as it says: 3 of 5 cells agree, 1 contradicts it, 1 is not decided. "
        "It fails where depth is 8."
    )
    assert in_words(cells(grid, holds=0.8)).startswith("Undecided: 3 of 5 cells agree, 1 contradicts it, 1 is not")
    assert in_words(cells([grid[0], grid[4]], holds="some")) == (
        "It holds in as many cells as it says: 1 of 2 cells agrees, the other one is not decided."
    )
    missing = cells([grid[0], ("unavailable", {"depth": 3})])
    assert in_words(missing) == (
        "Undecided: its one cell agrees with what was predicted, but not all of its cells were judged."
    )


def test_controls_in_words():
    counted = over("depth", supported=[1, 2], refuted=[4])
    controls = cells([("supported", {"depth": 9}), ("supported", {"depth": 8})], "check", control=True)
    assert in_words(counted + controls) == "It fails: 2 of 3 cells agree, 1 contradicts it. It fails where depth is 4."
    controls[0]["verdict"] = "refuted"
    assert in_words(counted + controls).startswith("Undecided, as its control failed: 2 of 3 cells agree, 1 contra")


def test_the_verdict_of_an_earlier_version_in_words():
    found = over("depth", refuted=[1, 2], supported=[4, 8, 16])
    for each in found:
        for key in ("test", "holds", "crux", "control", "known"):
            del each[key]
    said = of_verdict(found, "holds except in t: 0; t: 1")
    assert said == "It holds in part: 3 of 5 cells agree, 2 contradict it. It fails where depth is at most 2."


def test_a_theorem_that_is_contradicted_puts_the_software_in_doubt():
    found = cells([("refuted", {"depth": 1}), ("supported", {"depth": 2})], kind="theorem")
    said = "A theorem is contradicted in 1 of 2 cells: suspect this software. It fails where depth is 1."
    assert in_words(found) == said


def test_two_values_together_and_what_failing_cells_share():
    grid = [(m, loss) for m in (1, 2, 3) for loss in ("a", "b", "c")]

    def words(*bad):
        found = [
            ("refuted" if each in bad else "supported", dict(zip(("depth", "loss"), each, strict=True)))
            for each in grid
        ]
        return in_words(cells(found)).partition("It fails ")[2]

    assert words((2, "b")) == "where depth is 2 and loss is b."
    assert words((2, "b"), (2, "c")) == "where depth is 2 and loss is b or c."
    assert words((2, "b"), (3, "b")) == "where depth is at least 2 and loss is b."
    assert words((1, "a"), (2, "b")) == "at depth 1 · a; depth 2 · b."
    assert words((1, "a"), (2, "b"), (3, "c"), (1, "b")) == "at depth 1 · a; depth 1 · b; depth 2 · b and 1 more."


def test_each_test_says_where_it_fails():
    found = cells([("refuted", {"depth": m}) for m in (1, 2)], "hot") + cells(
        [("refuted", {"width": 1}), ("supported", {"width": 2})], "cold_one"
    )
    said = in_words(found)
    assert "It fails in “hot” in both cells that could be decided." in said
    assert "It fails in “cold one” where width is 1." in said


GRID = st.fixed_dictionaries({"depth": st.integers(1, 3), "loss": st.sampled_from("ab"), "width": st.integers(1, 2)})


@given(st.dictionaries(GRID.map(lambda d: tuple(d.items())), st.sampled_from(["supported", "refuted"]), min_size=2))
def test_a_rule_that_is_said_holds(grid):
    found = [(verdict, dict(parameters)) for parameters, verdict in grid.items()]
    _, given_rule, rule = in_words(cells(found)).partition("It fails where ")
    if not given_rule:
        return

    def obeys(parameters):
        for part in rule.removesuffix(".").split(" and "):
            key, _, wanted = part.partition(" is ")
            value = parameters[key]
            if wanted.startswith("at most "):
                fits = value <= int(wanted.removeprefix("at most "))
            elif wanted.startswith("at least "):
                fits = value >= int(wanted.removeprefix("at least "))
            else:
                fits = str(value) in wanted.split(" or ")
            if not fits:
                return False
        return True

    assert [obeys(parameters) for _, parameters in found] == [verdict == "refuted" for verdict, _ in found]


def test_the_page_says_it():
    page = page_of(sample())
    lines = [" ".join(e["text"].split()) for e in page.all("p", **{"class": "verdict-line"})]
    assert lines[2].startswith("It fails: 4 of 6 cells agree, 2 contradict it. It fails where width is 160.")
