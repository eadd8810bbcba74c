"""Preparing and publishing decisions."""
