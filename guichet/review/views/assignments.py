"""Giving dossiers to reviewers, opening and closing the review."""
