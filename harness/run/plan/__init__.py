"""What a run will cost, before it is run: the requests of its cells, each at work × price, against the budget."""
