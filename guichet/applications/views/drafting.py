"""Writing a dossier: start, sections, deletion of a draft."""
