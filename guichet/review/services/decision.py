"""Decisions: prepared, then published."""
