"""Geometry of the small pictures on pages: sparklines, bullets, polylines and shares of a score.

Pure: plain numbers in, frozen rows of coordinates out, in pixels of the picture's own box with y
downwards. Every picture reads in the direction of its value axis: small values on the left, also
where lower is better; there the good band simply lies on the left.
"""
