"""Registers the claims' plugin, nothing else."""

pytest_plugins = ["harness.run.plugin"]
