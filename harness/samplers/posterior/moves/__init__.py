"""Markov moves that leave the prior, restricted to networks that fit the training set, invariant."""
