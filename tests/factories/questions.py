"""Forms of a call's own questions."""

from typing import Any

from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.questions.definition import Column, Condition, Definition, Kind, Question, Section, Test, dump
from guichet.questions.models import QuestionForm

SHORT = Definition(
    last=12,
    sections=[
        Section(
            key="s1",
            title="Le parc concerné",
            questions=[
                Question(key="q2", kind=Kind.NUMBER, title="Postes concernés", unit="postes", required=True, least="1"),
                Question(key="q3", kind=Kind.AMOUNT, title="Coût annuel du parc"),
                Question(key="q4", kind=Kind.COMPUTED, title="Coût par poste", formula="q3 / q2", unit="€"),
                Question(key="q5", kind=Kind.YES_NO, title="Un prestataire intervient-il ?", required=True),
                Question(
                    key="q6",
                    kind=Kind.SHORT_TEXT,
                    title="Nom du prestataire",
                    required=True,
                    condition=Condition(question="q5", test=Test.EQUALS, values=["Oui"]),
                ),
            ],
        ),
        Section(
            key="s7",
            title="La suite",
            questions=[
                Question(key="q8", kind=Kind.CHOICE, title="Ampleur", choices=["Un site", "Plusieurs sites"]),
                Question(
                    key="q9",
                    kind=Kind.TABLE,
                    title="Sites",
                    columns=[
                        Column(key="c1", title="Site", kind=Kind.SHORT_TEXT),
                        Column(key="c2", title="Postes", kind=Kind.NUMBER),
                    ],
                ),
                Question(key="q10", kind=Kind.COMPUTED, title="Total des sites", formula="sum(q9.c2)"),
                Question(key="q11", kind=Kind.FILE, title="Lettre du prestataire"),
                Question(key="q12", kind=Kind.PLAN_ACTION, title="Action servie"),
            ],
        ),
    ],
)


def make_form(
    call: Call, definition: Definition = SHORT, *, number: int = 1, published: bool = True, **columns: Any
) -> QuestionForm:
    form = QuestionForm(
        call_id=call.id,
        number=number,
        definition=dump(definition),
        published_at=clock.now() if published else None,
        **columns,
    )
    db.session.add(form)
    db.session.flush()
    return form
