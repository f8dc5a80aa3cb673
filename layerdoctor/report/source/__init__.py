"""The source of the author in a report: excerpts, and what was seen in its margin."""
