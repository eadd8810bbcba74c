"""Reading for the committee."""
