"""What the checker asks of a ruleset that could be loaded: one module for each sort of question."""
