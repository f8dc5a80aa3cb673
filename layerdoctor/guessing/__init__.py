"""What to try where nothing is said: usual arguments, usual inputs, and what a failure teaches.

Pure: knows names, annotations, docstrings and source texts, and neither imports nor runs a layer.
"""
