"""The use cases of a dossier, one module for each use."""
