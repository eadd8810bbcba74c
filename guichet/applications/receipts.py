"""What a receipt says. Everything comes from the frozen version: the dossier may have moved since.

CRPA L112-3 and R112-5 do not bind exchanges between administrations; their content is followed as a good practice: date,
service in charge, contact, what is asked besides, what comes next.
"""

from typing import Any

from guichet.applications.frozen import shown
from guichet.applications.models import ApplicationVersion, Section
from guichet.calls.models import Call
from guichet.documents.letterhead import letterhead, public_address
from guichet.web.filters import filesize, moment

VERIFICATION = "/verification"
FIRST = [
    "Le chargé d’instruction vérifie que le dossier est recevable.",
    "S’il manque un élément, il nomme les rubriques à compléter et la date limite ; le délai d’instruction est suspendu.",
    "Un dossier recevable est évalué, puis présenté au comité.",
    "Chaque étape est annoncée par courriel à l’équipe du dossier. La décision est écrite ; un refus est motivé.",
]
LATER = [
    "Le chargé d’instruction examine les compléments et l’instruction reprend.",
    "Chaque étape est annoncée par courriel à l’équipe du dossier. La décision est écrite ; un refus est motivé.",
]


def receipt_data(version: ApplicationVersion, call: Call) -> dict[str, Any]:
    """The data of templates/documents/receipt.typ."""
    content, first = version.content, version.number == 1
    head = letterhead(
        title="Accusé de réception" if first else "Accusé de réception des compléments",
        description=f"Accusé de réception du dossier {content['reference']}, version {version.number}",
        reference=content["reference"],
        addressee=[content["ministry"], *_direction(content), f"À l’attention de {content['submitted_by']}"],
        at=version.submitted_at,
        contact=call.contact_email,
        zone=call.time_zone,
    )
    return {
        **head,
        "facts": [
            ["Numéro", content["reference"]],
            ["Dossier", content["title"]],
            ["Appel à projets", content["call"]["title"]],
            *([["Relève", content["round"]]] if "round" in content else []),
            ["Organisation", content["organisation"]],
            *_amounts(content),
            ["Version", str(version.number)],
            ["Reçu le", moment(version.submitted_at, call.time_zone)],
            ["Déposé par", content["submitted_by"]],
            ["Service instructeur", f"{head['service']['name']}, {head['service']['contact']}"],
        ],
        "sha256": version.sha256,
        "verification": public_address(VERIFICATION),
        "attachments": [{**piece, "size": filesize(piece["size"])} for piece in content["attachments"]],
        "next": FIRST if first else LATER,
    }


def _amounts(content: dict[str, Any]) -> list[list[str]]:
    """The amounts of the budget that were handed in; versions older than a field do without it."""
    fields = [field for part in content["sections"] if part["section"] == Section.BUDGET for field in part["fields"]]
    wanted = ("total_cost", "amount_requested", "amount_cofunded")
    return [[field["label"], shown(field)] for field in fields if field["key"] in wanted]


def _direction(content: dict[str, Any]) -> list[str]:
    return [content["organisation"]] if content["organisation"] != content["ministry"] else []
