"""A workflow's graph, as values, and drawn as SVG.

`workflow` makes the graph of a protobuf, `layout` gives everything in it a place, `svg` writes the picture. All are
functions of values: the same workflow gives the same bytes. Texts come from anywhere: `text` owns what of them is
shown.
"""
