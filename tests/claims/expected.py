"""Null learners that lie clearly outside a claim's region: there the claim is refuted, not only left unsupported.

(claim/test function, null learner). What a claim asks of such a learner is data built to refute it.
"""

REFUTED: set[tuple[str, str]] = {
    ("gradient_free_search_generalises/test_volume_explains_the_search", "truth"),
    ("gradient_free_search_generalises/test_volume_explains_the_search", "untrained networks"),
}
