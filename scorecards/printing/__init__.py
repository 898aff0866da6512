"""What pages show, on paper and in files: documents of plain values, and what sets them.

The process that sets them imports this package, too, so nothing is imported here.
"""
