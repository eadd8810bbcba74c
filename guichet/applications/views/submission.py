"""Handing a dossier in: endorsement, submission, withdrawal."""
