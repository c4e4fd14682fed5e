"""Results documents whose crux cells answer the title question, one way or another."""

from tests.support.report_documents import cell, claim, document, estimate

OWN = "own_volume_explains_training_better_than_anothers"
BELOW = "below_the_edge_a_bad_bias_stays_bad"
BEYOND = "beyond_the_edge_the_optimiser_supplies_the_bias"
AGREEMENT = "agreement_holds_below_the_edge_of_stability"
SHARE = "architecture_outweighs_optimiser"
SHARPER = "training_is_sharper_than_sampling"
CHAOTIC = "fcn-160-160-tanh-sw4-sb0.2"
_NAMES = ("ReLU 2", "tanh, σ_w = 1", "tanh, σ_w = 4")


def answered(**verdicts: str) -> dict:
    """Crux cells as measured on digits and Fashion-MNIST; verdicts: test -> the verdict of all its crux cells, in the
    place of "supported"."""
    cells = []

    def add(slug: str, test: str, values: list[tuple[float, float]], **more: object) -> None:
        verdict = verdicts.get(test, "supported")
        for data, (value, half) in zip(("digits", "fashion_mnist"), values, strict=False):
            found = estimate(
                value, value - half, value + half, unit="training sets", n=16, noise_floor=None, quantity=test
            )
            parameters = {"data": data, "m": 32, "network": CHAOTIC, "rule": "sgd", **dict(more.get("parameters", {}))}
            names = "-".join(map(str, parameters.values()))
            one = cell(slug, f"{test}: {names}", verdict, found, parameters, crux=True, test=f"test_{test}")
            cells.append(one | {key: value for key, value in more.items() if key != "parameters"})

    for trained in _NAMES:
        for volume in _NAMES:
            if trained != volume:
                crux = {trained, volume} == {"ReLU 2", "tanh, σ_w = 4"}
                pair = {"network": "", "trained": trained, "volume": volume}
                add(OWN, "own_volume_is_ahead", [(2.9, 0.4), (1.7, 0.5)], parameters=pair, crux=crux)
    add(BELOW, "it_does_not_generalise", [(0.381, 0.028), (0.379, 0.021)])
    add(BELOW, "it_errs_as_its_own_volume_does", [(0.02, 0.02), (0.01, 0.03)])
    add(BELOW, "its_own_volume_explains_it_best", [(2.9, 0.3), (1.7, 0.4)], parameters={"rival": "ReLU 1"})
    add(BELOW, "ordered_networks_do", [(0.15, 0.02), (0.19, 0.02)], crux=False, control=True)
    add(AGREEMENT, "volume_explains_training", [(0.97, 0.02), (0.88, 0.05)])
    add(BEYOND, "the_error_falls", [(0.19, 0.03), (0.18, 0.04)])
    add(BEYOND, "it_leaves_its_own_volume", [(1.5, 0.6), (0.7, 0.2)])
    falls = [
        {
            "quantity": "test error",
            "value": value,
            "low": value - 0.02,
            "high": value + 0.02,
            "noise_floor": None,
            "method": "mean",
            "parameters": {"ρ": ratio, "sample": CHAOTIC},
        }
        for ratio, value in ((0.3, 0.38), (1.0, 0.375), (3.0, 0.31), (10.0, 0.19))
    ]
    add(BEYOND, "it_begins_at_the_edge", [(0.24, 0.06), (0.25, 0.09)], details={"curve": falls})
    dense = {"network": "", "population": "dense"}
    add(SHARE, "architecture_has_most_of_the_variance", [(0.30, 0.14), (0.18, 0.1)], parameters=dense)
    add(SHARPER, "functions_are_more_concentrated", [(1.02, 0.03), (1.05, 0.04)], parameters={"ratio": 0.3})
    claims = [
        claim(slug, speaks_for="optimiser" if slug in (BEYOND, SHARPER) else "architecture")
        for slug in (OWN, BELOW, AGREEMENT, BEYOND, SHARE, SHARPER)
    ]
    for each in claims:
        each["excludes"] = ["uniform guessing"]
    return document(claims, cells)
