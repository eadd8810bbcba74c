"""The pages of accounts; each module holds those of one use."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.accounts.views import administration, organisations, password, people, sign_in  # noqa: E402

__all__ = ["administration", "bp", "organisations", "password", "people", "sign_in"]
