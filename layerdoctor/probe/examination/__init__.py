"""One examination: its stages in their order, and what each leaves in the facts."""
