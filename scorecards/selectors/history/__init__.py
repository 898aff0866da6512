"""What changed: who said what, when and from what to what, of everything that people edit."""
