"""The forms of a dossier: shape and plain values; the rules are in the use cases."""
