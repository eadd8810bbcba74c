"""The use cases of rehearsals: asking for one and throwing it away, then playing it in the worker."""
