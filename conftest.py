"""Registers the claims' plugin, nothing else."""

pytest_plugins = ["harness.pytest_plugin"]
