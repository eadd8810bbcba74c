"""The use cases of accounts, one module for each use."""

from guichet.accounts.services.credentials import issue_reset_secret

__all__ = ["issue_reset_secret"]
