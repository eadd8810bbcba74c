"""The papers of the story: rules of the calls, letters of commitment, budgets as files."""

import csv
import io
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from guichet.applications.models import Application
from guichet.calls.models import Call
from guichet.core import clock
from guichet.demo.seed.cast import ministry_of, office_of, person
from guichet.documents import services as documents
from guichet.documents.models import Document
from guichet.documents.typesetting import typeset
from guichet.web.filters import day, euros, moment, percent


def _dates(call: Call) -> list[str]:
    closings = [f"{one.name} : jusqu’au {moment(one.closes_at, call.time_zone)}." for one in call.rounds]
    if not closings:
        closings = [
            f"Clôture : {moment(call.closes_at, call.time_zone) if call.closes_at else 'jusqu’à nouvel ordre'}."
        ]
    return [f"Ouverture : {moment(call.opens_at, call.time_zone)}.", *closings]


def call_rules(call: Call) -> Document:
    """The rules of a call, to be downloaded from its page."""
    sections = [
        ("Objet", call.description),
        ("Qui peut déposer", call.who_may_apply),
        ("Financement", _funding(call)),
        (
            "Calendrier",
            "\n".join(_dates(call)),
        ),
        ("Dépôt", "Le dossier est visé, donc déposé, par le référent numérique écoresponsable du ministère."),
        (
            "Indicateurs",
            "Au moins un indicateur environnemental est obligatoire, avec sa valeur de départ et sa cible.",
        ),
    ]
    content = _set(f"Règlement de l’appel « {call.title} »", sections, addressee=[], signature=[])
    return documents.keep_made(content, name=f"reglement-{call.slug}.pdf")


def _funding(call: Call) -> str:
    return (
        f"De {euros(call.amount_min)} à {euros(call.amount_max)} par projet, dans la limite de "
        f"{percent(call.max_rate, 0)} du coût total. Les dépenses de personnel interne entrent dans ce coût."
    )


def letter(application: Application, lead: str) -> bytes:
    """The letter by which the service that carries the project commits itself."""
    holder, ministry, office = person(lead), ministry_of(lead), office_of(lead)
    subject = f"Engagement {office.of} pour « {application.title} », dossier de l’appel « {application.call.title} »."
    commitment = (
        f"Je confirme que {holder.name}, {holder.job[0].lower()}{holder.job[1:]}, porte ce projet et dispose du temps et de "
        "la délégation que décrit le dossier. Le service apporte la part du coût qui n’est pas demandée au guichet, et "
        "rendra compte des résultats, favorables ou non."
    )
    sections = [("Objet", subject), ("Engagement", commitment)]
    signature = ["Pour le service porteur,", "le chef de service", ministry.name]
    return _set("Lettre d’engagement", sections, addressee=["Guichet de financement"], signature=signature)


def _set(title: str, sections: list[tuple[str, str]], *, addressee: list[str], signature: list[str]) -> bytes:
    settings = current_app.extensions["settings"]
    data: dict[str, Any] = {
        "title": title,
        "description": title,
        "footer": title,
        "service": {
            "name": settings.service_name,
            "purpose": "Document de démonstration, sans valeur",
            "contact": settings.contact_email,
        },
        "addressee": addressee,
        "dated": f"Le {day(clock.now())}",
        "sections": [{"heading": heading, "text": text} for heading, text in sections],
        "signature": signature,
    }
    return typeset("demonstration", at=clock.now(), **data)


def budget(application: Application) -> bytes:
    """The budget lines as a spreadsheet's text, amounts written with a comma."""
    text = io.StringIO()
    sheet = csv.writer(text, delimiter=";")
    sheet.writerow(["Poste", "Dépense", "Année", "Montant", "Demandé"])
    for line in application.budget_lines:
        amounts = (str(amount).replace(".", ",") for amount in (line.amount, line.amount_requested))
        sheet.writerow([line.category.label, line.label, line.year, *amounts])
    written_on = clock.now().astimezone(ZoneInfo(application.call.time_zone)).date()
    sheet.writerow([f"Établi le {day(written_on)}"])
    return text.getvalue().encode("utf-8-sig")
