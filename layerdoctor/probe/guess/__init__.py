"""Trying out how a layer is constructed and called where it was not said."""
