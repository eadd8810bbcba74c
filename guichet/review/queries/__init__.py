"""Reading for review and committee, one module for each reader."""
