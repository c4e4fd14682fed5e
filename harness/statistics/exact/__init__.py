"""Closed forms of P(S), P_B and training, against which tests and claims hold the samplers."""
