"""The forms of calls: shape and plain values; the rules are in the use cases."""
