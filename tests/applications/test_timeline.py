"""The journal of a dossier, told to its readers."""

import datetime as dt
from typing import Any

from guichet.applications.models import Section
from guichet.applications.timeline import TITLES, timeline
from guichet.applications.workflow import WORKFLOW
from guichet.audit.models import AuditEntry

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def journal(*entries: tuple[str, str, dict[str, Any]]) -> list[AuditEntry]:
    """Entries (action, actor, facts) in the order in which they happened, a minute apart, given newest first."""
    told = [
        AuditEntry(action=action, actor_name=actor, facts=facts, created_at=NOON + number * dt.timedelta(minutes=1))
        for number, (action, actor, facts) in enumerate(entries)
    ]
    return told[::-1]


def mail(state: str, number: str, subject: str = "Objet") -> tuple[str, str, dict[str, Any]]:
    return f"email.{state}", "Guichet", {"email_id": number, "recipient": f"Personne {number}", "subject": subject}


def saved(section: Section, actor: str = "Camille") -> tuple[str, str, dict[str, Any]]:
    return "application.save-section", actor, {"section": section.value}


def test_timeline_gives_every_transition_its_title():
    assert {f"application.{name}" for name in WORKFLOW} <= TITLES.keys()


def test_timeline_goes_newest_first_with_names_and_reasons():
    found = timeline(
        journal(
            ("application.create", "Camille", {}),
            ("application.return_to_draft", "Dominique", {"reason": "Chiffrez l’impact"}),
            ("application.add-member", "Camille", {"member": "Sacha"}),
        )
    )

    assert [(moment.title, moment.actor, moment.detail) for moment in found] == [
        ("Membre ajouté à l’équipe", "Camille", "Sacha"),
        ("Dossier renvoyé en brouillon", "Dominique", "Chiffrez l’impact"),
        ("Dossier commencé", "Camille", ""),
    ]
    assert [moment.at for moment in found] == [NOON + minute * dt.timedelta(minutes=1) for minute in (2, 1, 0)]


def test_timeline_joins_the_saves_that_one_person_makes_in_a_row():
    found = timeline(
        journal(
            saved(Section.PROJECT),
            saved(Section.BUDGET),
            saved(Section.BUDGET),
            saved(Section.PLAN, actor="Dominique"),
            saved(Section.PLAN),
        )
    )

    assert [(moment.actor, moment.detail) for moment in found] == [
        ("Camille", "Lien avec le plan d’action"),
        ("Dominique", "Lien avec le plan d’action"),
        ("Camille", "Budget, Le projet"),
    ]


def test_timeline_tells_each_mail_where_it_was_written_with_its_present_state():
    found = timeline(
        journal(
            ("application.submit", "Camille", {}),
            mail("queued", "1"),
            mail("queued", "2"),
            mail("queued", "3"),
            mail("queued", "4", subject="Autre"),
            ("application.request_changes", "Alix", {}),
            mail("sent", "1"),
            mail("failed", "2"),
            mail("cancelled", "4", subject="Autre"),
        )
    )

    assert [moment.title for moment in found] == [
        "Compléments demandés",
        "Courriel : Autre",
        "Courriel : Objet",
        "Dossier déposé",
    ]
    assert [(told.recipient, told.state_label) for told in found[1].mails] == [("Personne 4", "annulé")]
    assert [(told.recipient, told.state_label, told.at) for told in found[2].mails] == [
        ("Personne 3", "en attente", NOON + dt.timedelta(minutes=3)),
        ("Personne 2", "non remis", NOON + dt.timedelta(minutes=7)),
        ("Personne 1", "envoyé", NOON + dt.timedelta(minutes=6)),
    ]


def test_timeline_says_something_plain_of_what_it_does_not_know():
    (moment,) = timeline(journal(("application.unheard-of", "Camille", {"secret": "x"})))

    assert (moment.title, moment.detail) == ("Dossier mis à jour", "")


def test_timeline_of_nothing_is_empty():
    assert timeline([]) == []
