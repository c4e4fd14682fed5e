"""Null learners that lie clearly outside a claim's region: there the claim is refuted, not only left unsupported.

(claim/test function, null learner). What a claim asks of such a learner is data built to refute it.
"""

_FROZEN = "freezing_all_but_the_last_layer_keeps_the_posterior/test_frozen_draws_weighted_by_evidence"

REFUTED: set[tuple[str, str]] = {
    ("gradient_free_search_generalises/test_volume_explains_the_search", "truth"),
    (_FROZEN, "frozen draws counted alike"),
    (_FROZEN, "untrained networks"),
    (_FROZEN, "uniform guessing"),
    ("random_sampling_moves_the_early_layers/test_alignment_grows", "untrained networks"),
}
