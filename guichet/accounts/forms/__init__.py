"""Forms of accounts, one module for each use."""
