"""Trained networks are more concentrated on likely functions than random sampling is.

Source: measured with this software, 2026.
"""
