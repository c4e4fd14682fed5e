"""What a claim computes from samples, and what it hands to the report to draw (`figures.py`)."""
