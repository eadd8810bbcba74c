"""The own questions of the main open call, and what each dossier answers: two sections, one condition, one computed value."""

from typing import Any

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.applications.own import OwnSection, fingerprint, sheet_of
from guichet.applications.services import own
from guichet.core.db import db
from guichet.demo.seed.cast import deadline_of
from guichet.questions.definition import Condition, Definition, Kind, Question, Section, Test

FORM = Definition(
    last=10,
    sections=[
        Section(
            key="s1",
            title="Le parc concerné",
            help="Quelques ordres de grandeur, pour comparer les projets entre eux.",
            questions=[
                Question(key="q3", kind=Kind.NUMBER, title="Postes concernés", unit="postes", required=True, least="1"),
                Question(key="q4", kind=Kind.AMOUNT, title="Coût annuel de ce parc", required=True),
                Question(key="q5", kind=Kind.COMPUTED, title="Coût annuel par poste", formula="q4 / q3", unit="€"),
            ],
        ),
        Section(
            key="s2",
            title="La mise en œuvre",
            questions=[
                Question(
                    key="q6",
                    kind=Kind.CHOICE,
                    title="Étendue du projet",
                    required=True,
                    choices=["Un seul site", "Plusieurs sites", "Tout le ministère"],
                ),
                Question(key="q7", kind=Kind.YES_NO, title="Un prestataire intervient-il ?", required=True),
                Question(
                    key="q8",
                    kind=Kind.LONG_TEXT,
                    title="Comment le prestataire est-il choisi ?",
                    required=True,
                    longest=1000,
                    condition=Condition(question="q7", test=Test.EQUALS, values=["Oui"]),
                ),
                Question(key="q9", kind=Kind.DATE, title="Date de la première mesure"),
            ],
        ),
    ],
)
EXTENTS = ("Un seul site", "Plusieurs sites", "Tout le ministère")
CHOSEN = "Par un accord-cadre interministériel déjà notifié, dont les clauses demandent le réemploi et la réparation."


def answer(application: Application, *, actor: Account) -> None:
    """Answer all that the call asks; figures follow the dossier's own budget, so that they are the same each time."""
    # About a workstation for each hundred euros of the project.
    computers = max(20, int(application.total_cost / 100))
    outside = any(line.category == "services" for line in application.budget_lines)
    answers: dict[str, dict[str, Any]] = {
        "s1": {"q3": str(computers), "q4": str(computers * 180)},
        "s2": {
            "q6": EXTENTS[computers % 3],
            "q7": outside,
            "q8": CHOSEN if outside else None,
            "q9": f"{deadline_of(application.call).year + 1}-03-01",
        },
    }
    for key, values in answers.items():
        part = sheet_of(application).definition.section(key)
        if part is None:
            continue
        seen = fingerprint(application, part)
        own.save(application, OwnSection(key, part.title), values, {}, seen=seen, actor=actor)
        db.session.flush()
