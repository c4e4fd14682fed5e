"""Hunts: where in the space of a claim it fails hardest, the simplest such place, confirmed on data of its own."""
