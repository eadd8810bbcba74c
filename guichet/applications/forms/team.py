"""Who is on the team: somebody more, or another role for somebody."""

from wtforms.validators import Email

from guichet.applications.models import TeamRole
from guichet.applications.services.team import GIVEN
from guichet.web.fields import EnumField, LineField
from guichet.web.forms import Form


class MemberForm(Form):
    email = LineField(
        "Adresse électronique",
        longest=254,
        required=True,
        description="Un porteur de projet du ministère entre aussitôt dans l’équipe ; une autre adresse reçoit une invitation.",
        validators=[Email("Écrivez une adresse complète, par exemple prenom.nom@ministere.gouv.fr.")],
    )
    role = EnumField("Rôle", GIVEN, required=True, description="Un co-porteur écrit le dossier, un lecteur le lit.")


class RoleForm(Form):
    """A button that gives the other role; `role` is its value."""

    role = EnumField("Rôle", (TeamRole.EDITOR, TeamRole.READER), required=True)
