"""The sections of a dossier that hold texts and choices. A save may be incomplete: little is required here."""

from typing import Any

from wtforms import BooleanField, HiddenField

from guichet.applications.forms.fields import ReferenceField
from guichet.calls.models import Call
from guichet.web.fields import ChecksField, LineField, TextField, WholeField
from guichet.web.forms import Form, put_back


class SectionForm(Form):
    """Base. `version` is the fingerprint of the section as the person was shown it."""

    version = HiddenField()

    def values(self) -> dict[str, Any]:
        """What the use case takes."""
        return {name: value for name, value in self.data.items() if name not in {"version", "csrf_token"}}

    def restore(self, name: str, value: Any) -> None:
        """Show `value`, that is saved, instead of what was typed."""
        put_back(self[name], value)


class ProjectForm(SectionForm):
    title = LineField("Titre du projet", longest=200, required=True)
    summary = TextField(
        "Résumé", longest=2000, description="En quelques phrases, pour quelqu’un qui ne connaît pas le projet."
    )
    family_id = ReferenceField("Famille de projet")
    priority_action_ids = ChecksField(
        "Actions prioritaires servies", description="Au moins une, parmi celles de l’appel."
    )
    is_digital_service = BooleanField(
        "Le projet crée ou transforme un service numérique",
        description="Le score RGESN du service sera demandé à la rubrique « Impact environnemental ».",
    )

    def offer(self, call: Call) -> None:
        """The lists of the call."""
        self.family_id.offer((family.id, family.label) for family in call.families)
        self.priority_action_ids.choices = {str(action.id): action.label for action in call.priority_actions}


class SolutionForm(SectionForm):
    problem = TextField("Besoin", description="Le problème à résoudre, ses causes, son ampleur.")
    solution = TextField("Solution", description="Ce que vous ferez, et pourquoi ainsi.")
    users_concerned = TextField("Personnes concernées", longest=2000, description="Qui, et combien.")
    deliverables = TextField("Livrables", longest=2000)
    without_funding = TextField("Sans financement, que se passe-t-il ?", longest=2000)


class CarrierForm(SectionForm):
    carrier_name = LineField("Agent qui porte le projet", longest=200, description="Prénom, nom et fonction.")
    carrier_mandate = TextField("Mandat", longest=2000, description="Qui l’a chargé du projet, ce qu’il peut décider.")
    carrier_time_percent = WholeField("Temps consacré au projet", least=0, most=100, suffix="% du temps de travail")
    stakeholders = TextField(
        "Parties prenantes et leur accord", description="Une par ligne : qui, et où en est l’accord."
    )
    close_projects = TextField(
        "Projets proches et mutualisation",
        description="Dans votre ministère et ailleurs ; s’il n’y en a pas, dites-le.",
    )

    def cite(self, project: str) -> None:
        """Add a project to those that are named already; what is typed stays."""
        said = (self.close_projects.data or "").rstrip()
        if project not in said:
            self.close_projects.data = f"{said}\n{project}".strip()


class OpennessForm(SectionForm):
    licence = LineField(
        "Licence des productions", longest=200, description="Par exemple : Licence Ouverte 2.0, EUPL 1.2."
    )
    openness = TextField("Ouverture", longest=2000, description="Ce qui sera publié, où et quand.")
    risks = TextField("Risques", longest=2000, description="Les principaux, et comment vous les réduisez.")
    reuse = TextField("Réutilisation par d’autres ministères", longest=2000)
    feedback_sharing = TextField("Partage du retour d’expérience", longest=2000)
