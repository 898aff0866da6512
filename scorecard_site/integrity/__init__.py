"""Checks whether the stored rows keep the rules on which everything else relies."""
