"""The use cases of review and committee, one module for each use."""
