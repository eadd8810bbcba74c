"""The forms of those who write a call."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, SelectField
from wtforms.validators import Email, Regexp

from guichet.accounts.models import Organisation, OrganisationKind
from guichet.calls.dating import CallKind
from guichet.calls.models import Applicability, Call, PriorityAction, ProjectFamily
from guichet.calls.services import CriterionTerms, Terms
from guichet.documents.forms import UploadField
from guichet.web.fields import (
    ChecksField,
    EnumField,
    EuroField,
    LineField,
    MomentField,
    NumberField,
    TextField,
    WholeField,
)
from guichet.web.filters import ZONES
from guichet.web.forms import Form


def _capitals(text: Any) -> Any:
    return text.upper() if isinstance(text, str) else text


def _text(typed: Any) -> Any:
    # An optional text left empty.
    return "" if typed is None else typed


# The terms that the form holds under the same names; the others are chosen among what is on offer.
CHOSEN = {"families", "priority_actions", "organisations"}
# Not a text: left empty, it is nothing.
NUMBER = "decision_delay_days"
TYPED = [field.name for field in fields(Terms) if field.name not in CHOSEN]


class CallForm(Form):
    """The rules of a call. Dates are typed in the zone chosen beside them."""

    title = LineField("Titre", longest=200, required=True)
    code = LineField(
        "Code",
        longest=20,
        required=True,
        filters=[_capitals],
        validators=[
            Regexp(r"^[A-Z0-9]+(-[A-Z0-9]+)*$", message="Des lettres sans accent, des chiffres et des tirets.")
        ],
        description="Il ouvre le numéro de chaque dossier : NER-2026 donne NER-2026-0001.",
    )
    summary = TextField("Résumé", longest=500, required=True, description="Lu dans la liste des appels.")
    description = TextField("Présentation", longest=10_000)
    who_may_apply = TextField("Qui peut déposer", longest=2_000)
    contact_email = LineField(
        "Adresse de contact", longest=254, validators=[Email("Écrivez une adresse, par exemple guichet@ministere.fr.")]
    )
    time_zone = SelectField(
        "Fuseau horaire des dates", choices={zone: name[0].upper() + name[1:] for zone, name in ZONES.items()}
    )
    opens_at = MomentField("Ouverture", required=True)
    kind = EnumField("Calendrier", CallKind, required=True)
    closes_at = MomentField(
        "Clôture",
        description="À cet instant précis, il est trop tard pour déposer. Laissez vide si l’appel se fait par relèves, que vous "
        "ajouterez sur leur page, ou s’il reste ouvert jusqu’à nouvel ordre.",
    )
    opening = EuroField(
        "Enveloppe", least=1, description="Écrite au registre de l’enveloppe, où elle pourra être complétée."
    )
    amount_min = EuroField("Montant minimal par projet", least=1, required=True)
    amount_max = EuroField("Montant maximal par projet", least=1, required=True)
    max_rate = NumberField("Taux maximal", least=1, most=100, places=2, suffix="%", required=True)
    reviews_required = WholeField("Évaluations par dossier", least=1, most=10, required=True)
    decision_delay_days = WholeField(
        "Délai de décision après le dépôt",
        least=1,
        most=730,
        suffix="jours",
        description="Suspendu tant que des compléments sont attendus. Vide : aucun délai n’est annoncé.",
    )
    staff_cost_counted = BooleanField("Les coûts de personnel comptent dans le coût total")
    endorsement_required = BooleanField("Le référent du ministère vise chaque dossier avant son dépôt")
    applicant_kinds = ChecksField(
        "Organisations admises",
        choices=[(kind.value, kind.label) for kind in OrganisationKind],
        description="Aucune case cochée : toutes.",
    )
    organisation_names = TextField(
        "Organisations nommées",
        longest=4_000,
        description="Une par ligne, par son nom sur le guichet ; un ministère nomme ce qui dépend de lui. Vide : toutes.",
    )
    one_per_ministry = BooleanField("Un seul dossier par ministère")
    family_ids = ChecksField("Familles de projets")
    priority_action_ids = ChecksField("Actions prioritaires")

    def process(self, formdata: Any = None, obj: Any = None, data: Any = None, **kwargs: Any) -> None:
        formdata = self.meta.wrap_formdata(self, formdata)
        typed = formdata.get("time_zone") if formdata else None
        zone = typed or (obj.time_zone if obj is not None else "Europe/Paris")
        # A zone that is not on the list is refused at its own field; the dates are then read as in Paris.
        self.opens_at.zone = self.closes_at.zone = zone if zone in ZONES else "Europe/Paris"
        super().process(formdata, obj, data=data, **kwargs)

    def offer(self, families: Sequence[ProjectFamily], actions: Sequence[PriorityAction]) -> None:
        self.known_families, self.known_actions = families, actions
        self.family_ids.choices = [(str(family.id), family.label) for family in families]
        self.priority_action_ids.choices = [(str(action.id), action.label) for action in actions]

    @classmethod
    def of(cls, call: Call) -> "CallForm":
        """The form filled with what `call` says; its envelope is in the ledger, no longer in the form."""
        form = cls(
            obj=call,
            family_ids=[str(family.id) for family in call.families],
            priority_action_ids=[str(action.id) for action in call.priority_actions],
            organisation_names="\n".join(organisation.name for organisation in call.organisations),
        )
        del form.opening
        if call.kind is CallKind.ROUNDS and not form.is_submitted():
            # It is said by the last round, on its own page.
            form.closes_at.data = None
        return form

    @property
    def names(self) -> list[str]:
        """The organisations named, each once."""
        typed = (line.strip() for line in (self.organisation_names.data or "").splitlines())
        return list(dict.fromkeys(name for name in typed if name))

    def terms_for(self, organisations: Sequence[Organisation]) -> Terms:
        """What was typed, once validated; `organisations` are those of `names`."""
        families, actions = set(self.family_ids.data or ()), set(self.priority_action_ids.data or ())
        typed: dict[str, Any] = self.data | {
            "applicant_kinds": list(self.applicant_kinds.data or ()),
            "opens_at": self.opens_at.instant,
        }
        return Terms(
            **{name: typed[name] if name == NUMBER else _text(typed[name]) for name in TYPED if name != "closes_at"},
            closes_at=self.closes_at.instant,
            organisations=list(organisations),
            families=[family for family in self.known_families if str(family.id) in families],
            priority_actions=[action for action in self.known_actions if str(action.id) in actions],
        )


class CriterionForm(Form):
    title = LineField("Critère", longest=200, required=True)
    description = TextField("Ce qui est attendu", longest=2_000)
    weight = NumberField(
        "Poids",
        least=Decimal("0.01"),
        most=100,
        places=2,
        required=True,
        description="Un critère de poids 2 compte double.",
    )
    highest_mark = WholeField("Note la plus haute", least=1, most=20, required=True, default=4)
    applicability = EnumField("S’applique à", Applicability, required=True, default=Applicability.ALWAYS)

    @property
    def terms(self) -> CriterionTerms:
        return CriterionTerms(**{name: _text(typed) for name, typed in self.data.items() if name != "csrf_token"})


class AttachmentKindForm(Form):
    label = LineField("Pièce", longest=200, required=True)
    required = BooleanField("Sans elle, le dossier ne peut être déposé")


class CallDocumentForm(Form):
    file = UploadField("Fichier")
    label = LineField("Nom affiché", longest=200, required=True)
