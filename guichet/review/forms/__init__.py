"""The forms of review and committee: shape and plain values; the rules are in the use cases."""

LONGEST_REASON = 4000
