"""The files of a dossier."""
