"""Estimates that a claim computes from samples, and the figures that the report draws (`figures.py`)."""
