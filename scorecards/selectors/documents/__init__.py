"""An organization as one text: YAML that people read, compare, keep and bring elsewhere."""
