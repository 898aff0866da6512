"""Telling other systems what happens: events become messages, and jobs deliver them, signed."""
