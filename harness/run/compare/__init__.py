"""One's own network and optimiser against random sampling: `harness.compare`, `python -m harness compare`."""
