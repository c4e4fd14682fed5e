"""The engine that drives pytest: from a cell's declaration to its record in the results file."""
