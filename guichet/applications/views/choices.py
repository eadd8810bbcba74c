"""Two people who wrote one section: what the page of their conflict sends back, and what each is told."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import flash, request

from guichet.accounts.models import Account
from guichet.applications.merging import Merge
from guichet.applications.models import Application
from guichet.applications.services.sittings import last_writer


def saved_ones(names: Iterable[str]) -> list[str]:
    """Those whose saved text was chosen on the page of a conflict, rather than what was typed."""
    return [name for name in names if request.form.get(f"choice-{name}") == "theirs"]


def named(labels: Mapping[str, str], names: Iterable[str]) -> str:
    return ", ".join(f"« {labels[name]} »" for name in names if name in labels)


def told(
    application: Application, section: str, labels: Mapping[str, str], names: Iterable[str], actor: Account
) -> str:
    """Who changed what meanwhile, when nothing was lost; empty when nobody did."""
    if not (changed := named(labels, names)):
        return ""
    who = last_writer(application, section, but=actor) or "Quelqu’un"
    return f"{who} a modifié {changed} pendant votre saisie : les deux textes sont réunis."


def tell(application: Application, section: str, labels: Mapping[str, str], merged: Merge, actor: Account) -> None:
    if message := told(application, section, labels, merged.kept, actor):
        flash(message, "info")


def labels_of(form: Any) -> dict[str, str]:
    return {field.short_name: field.label.text for field in form}
