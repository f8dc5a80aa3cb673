"""From findings to changes that were tried: shown only where they hold.

`files` takes the findings of a report apart by the files they point at, `search` makes changed
texts of them with the remedies, `mirror` lays a changed file into a copy of its folder made of
links, `trial` has the layers in it examined and compared, and `writing` puts into the author's
files what has held.
"""
