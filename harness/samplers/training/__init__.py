"""P_OPT(f|S): ensembles of networks under an optimiser."""

from harness.samplers.training.train import Finished, Trained, train, trained_networks

__all__ = ["Finished", "Trained", "train", "trained_networks"]
