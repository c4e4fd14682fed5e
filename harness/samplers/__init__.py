"""Samplers of functions: at initialisation, of the posterior, at infinite width, under training; of hidden layers."""
