"""Null learners that lie clearly outside a claim's region: there the claim is refuted, not only left unsupported.

(claim/test function, null learner). What a claim asks of such a learner is data built to refute it.
"""

_FROZEN = "freezing_all_but_the_last_layer_keeps_the_posterior/test_frozen_draws_weighted_by_evidence"

REFUTED: set[tuple[str, str]] = {
    ("advantage_of_sgd_shrinks_with_data/test_ahead_with_the_fewest_training_points", "uniform guessing"),
    ("gradient_free_search_generalises/test_volume_explains_the_search", "uniform guessing"),
    ("width_helps_only_through_sgd/test_training_gains", "coins with the posterior's marginals"),
    (_FROZEN, "frozen draws counted alike"),
    (_FROZEN, "untrained networks"),
    (_FROZEN, "uniform guessing"),
    ("gradient_free_search_generalises/test_volume_explains_the_search", "untrained networks"),
}
