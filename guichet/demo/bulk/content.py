"""The frozen content of the load-test set's dossiers, made by the very function that freezes real ones."""

from types import SimpleNamespace
from typing import Any

from guichet.applications.frozen import Json, content_of

Row = dict[str, Any]


def frozen_content(application: Row, parts: dict[str, list[Row]], names: dict[str, str], link: str) -> Json:
    """The content of version 1; `names`: lead, organisation, ministry, call, code, family, action; `link`: the plan action."""
    lead = SimpleNamespace(full_name=names["lead"])
    picture: Any = SimpleNamespace(
        round=None,
        **application,
        call=SimpleNamespace(code=names["code"], title=names["call"]),
        organisation=SimpleNamespace(name=names["organisation"]),
        ministry=SimpleNamespace(name=names["ministry"]),
        family=SimpleNamespace(label=names["family"]),
        priority_actions=[SimpleNamespace(label=names["action"])],
        team=[SimpleNamespace(account=lead, role=part["role"]) for part in parts["team"]],
        plan_links=[
            SimpleNamespace(**part, plan_action=SimpleNamespace(number=1, title=link)) for part in parts["plan"]
        ],
        milestones=[SimpleNamespace(**part) for part in parts["milestones"]],
        budget_lines=[SimpleNamespace(**part) for part in parts["budget"]],
        cofundings=[SimpleNamespace(**part) for part in parts["cofundings"]],
        indicators=[SimpleNamespace(**part) for part in parts["indicators"]],
        attachments=[],
        own=None,
        current_form=None,
    )
    author: Any = lead
    return content_of(picture, number=1, at=application["submitted_at"], by=author)
