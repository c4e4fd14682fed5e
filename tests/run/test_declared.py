"""What a claim declares, through a whole run: its verdict by its quantifier, its controls, and what is refused."""

import pytest


def declared(project, *values, **given):
    """The given claim with its declaration changed; given: new keyword arguments as they are written."""
    path = project.given("declared", *values)
    said = ", ".join(f"{key}={value}" for key, value in {"speaks_for": '"architecture"', **given}.items())
    text = path.read_text()
    assert 'speaks_for="architecture"' in text
    path.write_text(text.replace('speaks_for="architecture"', said))


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "fails"),
        ({"holds": '"some"'}, "holds"),
        ({"holds": "0.6"}, "holds"),
        ({"holds": "0.7"}, "fails"),
        ({"control": "lambda value: value == 0.9"}, "fails"),
        ({"control": "lambda value: value == 0.2"}, "undecided: its control failed"),
    ],
)
def test_the_verdict_reads_the_declaration(project, given, verdict):
    declared(project, 0.9, 0.8, 0.2, **given)
    ran = project.run()
    assert sorted(ran.outcomes.values()) == ["refuted", "supported", "supported"]
    assert ran.results["claims"]["declared"]["verdict"] == verdict
    # A refutation is a finding, whatever the claim says of the others.
    assert ran.code == 0


def test_what_is_declared_is_in_the_results_and_on_the_page(project):
    declared(
        project,
        0.9,
        0.8,
        speaks_for='"optimiser"',
        crux="lambda value: value == 0.8",
        excludes='("uniform guessing",)',
        known='"it was 0.8"',
    )
    ran = project.run()
    claim, (first, second) = ran.results["claims"]["declared"], ran.results["cells"]
    assert (claim["speaks_for"], claim["excludes"]) == ("optimiser", ["uniform guessing"])
    assert [cell["crux"] for cell in (first, second)] == [False, True]
    assert ran.results["run"]["alpha"] == 0.05
    page = (project.folder / "reports" / "latest" / "report.html").read_text()
    for said in ("What would change a mind", "Known before the run: it was 0.8", "excluded: uniform guessing"):
        assert said in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"speaks_for": '"chance"'}, r"declared\.py: A claim speaks for architecture or optimiser or instrument, not"),
        ({"holds": "2.0"}, r"declared\.py: A claim holds in every cell, in some, or in a share .*, not 2\.0"),
        ({"crux": "lambda width: True"}, r"declared\.py: crux of test_number is called with the axes value by name"),
        ({"control": "lambda value: None"}, r"declared\.py: control of test_number says None of a cell"),
    ],
)
def test_what_is_declared_wrongly_is_one_sentence(project, given, said):
    declared(project, 0.9, **given)
    project.run().one_sentence(said)


def test_sides_that_differ_in_one_file_are_one_sentence(project):
    path = project.given("declared", 0.9)
    text = path.read_text()
    _, at, test = text.partition("@claim(")
    other = (at + test).replace("test_number", "test_other").replace('"architecture"', '"instrument"')
    path.write_text(f"{text}\n\n{other}")
    project.run().one_sentence("test_number speaks for the architecture and test_other for the instrument")
