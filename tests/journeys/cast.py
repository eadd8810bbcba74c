"""The people of a story, their ministries, and what the window holds before it begins."""

from dataclasses import dataclass

from flask import Flask

from guichet.accounts.models import Account, Role
from guichet.core import clock
from guichet.core.transaction import unit_of_work
from guichet.plans.models import EngagementLevel, Progress, Theme
from tests.factories.accounts import make_account, make_ministry
from tests.factories.calls import make_family, make_priority_action
from tests.factories.plans import make_action, make_plan

PRIORITY_ACTION = "Allonger la durée de vie des équipements"
FAMILY = "Réduire les besoins en matériel"
PLAN_ACTION = "Allonger la durée d’usage des postes"


@dataclass(frozen=True)
class Known:
    """A person as the test knows her, out of any session."""

    name: str
    email: str


@dataclass(frozen=True)
class Cast:
    applicant: Known
    focal_point: Known
    officer: Known
    reviewers: tuple[Known, Known]
    colleague: Known
    chair: Known
    admin: Known
    auditor: Known


def set_the_stage(app: Flask) -> Cast:
    """Four ministries and their people; the applicant's has a plan with one action to do."""
    with app.app_context(), unit_of_work():
        sea, forest = make_ministry("Ministère de la Mer"), make_ministry("Ministère des Forêts")
        lakes, centre = make_ministry("Ministère des Lacs"), make_ministry("Services du Premier ministre")
        make_action(
            make_plan(sea, first_year=clock.today().year - 1, last_year=clock.today().year + 3),
            title=PLAN_ACTION,
            theme=Theme.USE_PHASE,
            level_target=EngagementLevel.REFLECTION,
            progress=Progress.TO_DO,
        )
        make_priority_action(PRIORITY_ACTION)
        make_priority_action("Favoriser le réemploi")
        make_family(FAMILY)
        make_family("Écoconcevoir les services numériques")

        def person(name: str, role: Role, organisation: object) -> Account:
            address = f"{name.split(maxsplit=1)[0].lower()}@guichet.example"
            return make_account(role, organisation=organisation, password=True, full_name=name, email=address)

        cast = Cast(
            applicant=person("Alix Porteuse", Role.APPLICANT, sea),
            focal_point=person("Fanny Référente", Role.FOCAL_POINT, sea),
            officer=person("Oscar Instruction", Role.OFFICER, centre),
            reviewers=(
                person("Rose Forestière", Role.REVIEWER, forest),
                person("Louis Lacustre", Role.REVIEWER, lakes),
            ),
            colleague=person("Marin Collègue", Role.REVIEWER, sea),
            chair=person("Cyr Présidence", Role.CHAIR, centre),
            admin=person("Ada Administration", Role.ADMIN, centre),
            auditor=person("Aude Audit", Role.AUDITOR, centre),
        )
        return _detached(cast)


def _detached(cast: Cast) -> Cast:
    def known(account: Account) -> Known:
        return Known(account.full_name, account.email)

    return Cast(
        **{
            name: tuple(map(known, played)) if isinstance(played, tuple) else known(played)
            for name, played in vars(cast).items()
        }
    )
