"""Null learners that lie clearly outside a claim's region: there the claim is refuted, not only left unsupported.

(claim/test function, null learner). What a claim asks of such a learner is data built to refute it.
"""

_FROZEN = "freezing_all_but_the_last_layer_keeps_the_posterior/test_frozen_draws_weighted_by_evidence"
_CHAOTIC = "below_the_edge_a_bad_bias_stays_bad/test_it_is_its_own_volumes_posterior"

_CHAIN = "evidence_obeys_the_chain_rule/test_rejection"
_COINS = "one_hot_labels_are_independent_coins/test_next_label"
_LINEAR = "deep_linear_networks_sample_like_perceptrons/test_posterior_is_the_perceptrons"

REFUTED: set[tuple[str, str]] = {
    ("advantage_of_sgd_shrinks_with_data/test_ahead_with_the_fewest_training_points", "uniform guessing"),
    ("gradient_free_search_generalises/test_volume_explains_the_search", "uniform guessing"),
    ("width_helps_only_through_sgd/test_training_gains", "coins with the posterior's marginals"),
    (_CHAOTIC, "majority label"),
    (_CHAOTIC, "uniform guessing"),
    (_FROZEN, "frozen draws counted alike"),
    (_FROZEN, "untrained networks"),
    (_FROZEN, "uniform guessing"),
    ("gradient_free_search_generalises/test_volume_explains_the_search", "untrained networks"),
    (_CHAIN, "uniform guessing"),
    (_COINS, "uniform guessing"),
    (_LINEAR, "uniform guessing"),
    (_LINEAR, "untrained networks"),
    ("langevin_obeys_the_temperature_bound/test_at_any_time", "nearest neighbour"),
    ("rare_wide_clusters_are_found/test_rare", "frozen draws counted by evidence"),
}
