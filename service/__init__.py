"""Amanba: a check-in dead-man's switch for people who go abroad to work."""
