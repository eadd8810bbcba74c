"""A call's rules, taken out as a file, brought back, copied and published; then anybody asks whether her project would do."""

import datetime as dt
import uuid

import pytest

from guichet.accounts.models import Role
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.journeys.pages import Person


@pytest.mark.parametrize(
    ("scripts", "width"), [(True, 1280), (False, 1280), (True, 360)], ids=["scripts", "no_scripts", "narrow"]
)
def test_rules_travel_as_a_file_and_the_self_test_reads_them(site, visit, axe, scripts, width):
    code = f"J-{uuid.uuid4().hex[:8]}".upper()
    opens_at = clock.now() + dt.timedelta(days=1)
    with site.app.app_context(), unit_of_work():
        known = make_account(Role.OFFICER, password=True)
        name, email = known.full_name, known.email
        call = make_call(status=CallStatus.DRAFT, code=code, slug=code.lower(), opens_at=opens_at)
        slug = call.slug
    officer = Person(name, email, visit(site.url, scripts=scripts, width=width), axe if scripts else None)
    officer.sign_in()

    officer.go(f"/instruction/appels/{slug}/modification")
    officer.tick("Opérateur", "Un seul dossier par ministère")
    officer.press("Enregistrer")
    officer.sees("Peuvent déposer : les opérateurs.")
    text = officer.page.request.get(f"/instruction/appels/{slug}/configuration.yaml").text()
    officer.go("/instruction/appels/importation")
    officer.fill({"Ou le texte du fichier": text})
    officer.press("Importer", status=422)
    officer.sees("un autre appel a déjà le code")
    officer.fill({"Ou le texte du fichier": text.replace(code, f"{code}-B")})
    officer.press("Importer")
    officer.sees("Ouvrez l’enveloppe de l’appel.", "Peuvent déposer : les opérateurs.")
    officer.follow("Copier l’appel")
    officer.fill({"Titre du nouvel appel": "Copie", "Code": f"{code}-C"})
    officer.press("Copier l’appel", status=422)
    officer.go(f"/instruction/appels/{slug}/etapes/publication")
    officer.press("Publier")

    visitor = Person("", "", visit(site.url, scripts=scripts, width=width), axe if scripts else None)
    visitor.go(f"/appels/{slug}")
    visitor.follow("Vérifier que mon projet est éligible")
    visitor.choose({"Votre organisation est": "Ministère"})
    visitor.fill({"Coût total du projet": "100 000", "Montant demandé": "60 000"})
    visitor.press("Vérifier")
    visitor.sees("Seuls peuvent déposer les opérateurs.", "Règle par règle")
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") if scripts else True
    assert [fault for person in (officer, visitor) for fault in person.faults] == []
