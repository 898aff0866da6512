"""The formula language: text to expression, expression to numbers over units and periods."""
