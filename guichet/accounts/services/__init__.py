"""The use cases of accounts, one module for each use."""

from guichet.accounts.services.credentials import (
    change_password,
    choose_password,
    fingerprint,
    issue_reset_secret,
    request_reset,
    sign_in,
    sign_out,
)
from guichet.accounts.services.organisations import create_organisation, edit_organisation
from guichet.accounts.services.people import (
    activate,
    create_account,
    create_admin,
    deactivate,
    edit_account,
    grant_role,
    revoke_role,
    send_invitation,
)

__all__ = [
    "activate",
    "change_password",
    "choose_password",
    "create_account",
    "create_admin",
    "create_organisation",
    "deactivate",
    "edit_account",
    "edit_organisation",
    "fingerprint",
    "grant_role",
    "issue_reset_secret",
    "request_reset",
    "revoke_role",
    "send_invitation",
    "sign_in",
    "sign_out",
]
