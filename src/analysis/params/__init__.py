"""Frozen models of the params files: what may stand in each, nothing computed."""
