"""The form of the self-test: nothing typed in it is kept."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from wtforms import BooleanField, SelectField

from guichet.accounts.models import Organisation, OrganisationKind
from guichet.calls.eligibility import Request
from guichet.core.errors import RuleBroken
from guichet.web.fields import EnumField, EuroField
from guichet.web.forms import Form


class SelfTestForm(Form):
    kind = EnumField("Votre organisation est", OrganisationKind, required=True)
    organisation = SelectField(
        "Votre organisation",
        description="Un ministère de la liste vaut pour ses directions et ses opérateurs.",
        validate_choice=False,
    )
    already = BooleanField("Mon ministère a déjà déposé un dossier pour cet appel")
    total = EuroField("Coût total du projet", least=1, required=True)
    staff = EuroField("Dont personnel interne", least=0)
    requested = EuroField("Montant demandé", least=1, required=True)

    def offer(self, named: Iterable[Organisation], *, one_per_ministry: bool) -> "SelfTestForm":
        """Ask only what the call's rules need to know."""
        self.named = {str(organisation.id): organisation for organisation in named}
        if self.named:
            labels = {key: organisation.name for key, organisation in self.named.items()}
            self.organisation.choices = {**labels, "": "Une autre organisation"}
        else:
            del self.organisation
        if not one_per_ministry:
            del self.already
        return self

    @property
    def ids(self) -> set[UUID]:
        """The named organisation that was chosen, if any."""
        chosen = self.named.get(self.organisation.data or "") if "organisation" in self else None
        return {chosen.id} if chosen else set()

    @property
    def request(self) -> Request:
        """What was typed, once validated. Raises RuleBroken when a part is larger than the whole."""
        total, staff = self.total.data or Decimal(0), self.staff.data or Decimal(0)
        requested = self.requested.data or Decimal(0)
        for field, part in (("staff", staff), ("requested", requested)):
            if part > total:
                raise RuleBroken("Ce montant dépasse le coût total du projet.", field=field)
        return Request(requested=requested, total=total, staff=staff)
