"""From facts to findings, and from findings to a verdict on the run."""
