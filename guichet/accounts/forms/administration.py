"""Administering people and organisations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wtforms import SelectField
from wtforms.validators import Email

from guichet.accounts.models import Organisation, OrganisationKind, Role
from guichet.web.fields import DayField, EnumField, LineField
from guichet.web.forms import Form

ORGANISATION_HINT = "Son nom exact ou son sigle."


class PeopleFilter(Form):
    q = LineField("Nom ou adresse", longest=200)
    role = EnumField("Rôle", Role, empty="Tous")
    ministere = SelectField("Ministère", validate_choice=False)

    def offer(self, ministries: Sequence[Organisation]) -> None:
        self.ministere.choices = [("", "Tous"), *((str(one.id), one.short_name) for one in ministries)]

    @property
    def ministry_id(self) -> UUID | None:
        return _identifier(self.ministere)


class OrganisationFilter(Form):
    q = LineField("Nom ou sigle", longest=200)
    kind = EnumField("Nature", OrganisationKind, empty="Toutes")


class PersonForm(Form):
    full_name = LineField("Prénom et nom", longest=200, required=True)
    email = LineField(
        "Adresse électronique professionnelle",
        longest=254,
        required=True,
        validators=[Email("Écrivez une adresse complète, par exemple prenom.nom@ministere.gouv.fr.")],
    )
    job_title = LineField("Fonction", longest=200)
    organisation = LineField("Organisation", longest=200, required=True, description=ORGANISATION_HINT)


class RoleForm(Form):
    role = EnumField("Rôle", Role, required=True)
    organisation = LineField(
        "Organisation",
        longest=200,
        description=f"Pour un porteur de projet ou un référent seulement. {ORGANISATION_HINT}",
    )
    call = SelectField("Appel à projets", description="Pour les autres rôles, si le rôle ne vaut que sur un appel.")
    last_day = DayField("Dernier jour", description="Vide : sans limite de durée.")

    def offer(self, calls: Sequence[tuple[UUID, str]]) -> None:
        self.call.choices = [("", "Tous les appels"), *((str(call_id), title) for call_id, title in calls)]

    @property
    def call_id(self) -> UUID | None:
        return _identifier(self.call)


class OrganisationForm(Form):
    name = LineField("Nom", longest=200, required=True)
    short_name = LineField("Sigle ou nom court", longest=60, required=True)
    valid_from = DayField("Depuis le", required=True)
    valid_until = DayField("Jusqu’au", description="Vide : toujours en place.")


class NewOrganisationForm(OrganisationForm):
    kind = EnumField("Nature", OrganisationKind, required=True)
    parent = LineField(
        "Organisation de rattachement", longest=200, description=f"Rien pour un ministère. {ORGANISATION_HINT}"
    )


def _identifier(field: Any) -> UUID | None:
    offered = {value for value, _ in field.choices}
    return UUID(field.data) if field.data and field.data in offered else None
