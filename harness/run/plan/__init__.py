"""What a run will cost, before it is run: what its cells will ask for, by measured costs, looks and budget."""
