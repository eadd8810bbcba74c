"""Eligibility and complements."""
