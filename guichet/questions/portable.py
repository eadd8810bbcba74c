"""A form as the chapter `questions` of a call's file, which people read and edit, and back. Pure: no database here.

The codes of the questions travel, since conditions and formulas name them; the numbers that were given and taken back do not:
a new call has no answer under them.
"""

from typing import Any

import yaml

from guichet.calls.reading import Block
from guichet.questions.checks import LONGEST_HELP, LONGEST_TITLE, Problem, problems
from guichet.questions.definition import (
    MOST_CHOICES,
    MOST_COLUMNS,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    Column,
    Condition,
    Definition,
    Kind,
    Question,
    Section,
    Test,
)

KINDS = {kind.value: kind for kind in Kind}
TESTS = {test.value: test for test in Test}
# The words of the file, by the fields that the rules blame.
WORDS = {
    "key": "code",
    "title": "titre",
    "help": "aide",
    "unit": "unite",
    "longest": "longueur_maximale",
    "least": "minimum",
    "most": "maximum",
    "choices": "choix",
    "columns": "colonnes",
    "formula": "formule",
    "condition": "condition",
    "condition_values": "condition",
}


# Writing


def write(form: Definition) -> list[dict[str, Any]]:
    return [
        _filled(
            code=section.key,
            titre=section.title,
            aide=section.help,
            condition=_condition(section.condition),
            questions=[_question(question) for question in section.questions],
        )
        for section in form.sections
    ]


def _question(one: Question) -> dict[str, Any]:
    return _filled(
        code=one.key,
        nature=one.kind.value,
        titre=one.title,
        aide=one.help,
        obligatoire=one.required,
        unite=one.unit,
        longueur_maximale=one.longest,
        minimum=one.least,
        maximum=one.most,
        choix=list(one.choices),
        colonnes=[
            _filled(code=column.key, titre=column.title, nature=column.kind.value, unite=column.unit)
            for column in one.columns
        ],
        formule=one.formula,
        condition=_condition(one.condition),
    )


def _condition(one: Condition | None) -> dict[str, Any] | None:
    return None if one is None else _filled(question=one.question, test=one.test.value, valeurs=list(one.values))


def _filled(**words: Any) -> dict[str, Any]:
    """What is said alone: a short question stays short in the file."""
    return {word: value for word, value in words.items() if value not in (None, "", [], False)}


# Reading


def read(block: Block, key: str) -> Definition | None:
    """The form under `key`, None when there is none; what is wrong is noted in `block` with its line."""
    before = len(block.faults)
    sections = block.listed(key, MOST_SECTIONS, lambda node: _read_section(node, block.faults))
    if not sections or len(block.faults) > before:
        return None
    codes = [section.key for section in sections] + [one.key for section in sections for one in section.questions]
    numbers = [int(code[1:]) for code in codes if code[1:].isascii() and code[1:].isdigit()]
    form = Definition(sections=list(sections), last=max(numbers, default=0))
    for problem in problems(form):
        block.blame(_place(problem, block.held[key]), problem.message)
    return form


def _read_section(node: yaml.Node, faults: list[tuple[int, str]]) -> Section:
    block = Block(node, "questions.", faults)
    found = Section(
        key=block.text("code", 8, required=True),
        title=block.text("titre", LONGEST_TITLE, required=True),
        help=block.text("aide", LONGEST_HELP),
        condition=_read_condition(block),
        questions=list(block.listed("questions", MOST_QUESTIONS, lambda item: _read_question(item, faults))),
    )
    block.done()
    return found


def _read_question(node: yaml.Node, faults: list[tuple[int, str]]) -> Question:
    block = Block(node, "questions.questions.", faults)
    found = Question(
        key=block.text("code", 8, required=True),
        kind=block.choice("nature", KINDS),
        title=block.text("titre", LONGEST_TITLE, required=True),
        help=block.text("aide", LONGEST_HELP),
        required="obligatoire" in block.held and block.truth("obligatoire"),
        unit=block.text("unite", 40),
        longest=block.whole("longueur_maximale", 1, 5_000) if "longueur_maximale" in block.held else None,
        least=block.text("minimum", 40) or None,
        most=block.text("maximum", 40) or None,
        choices=list(block.names("choix", MOST_CHOICES)),
        columns=list(block.listed("colonnes", MOST_COLUMNS, lambda item: _read_column(item, faults))),
        formula=block.text("formule", 300),
        condition=_read_condition(block),
    )
    block.done()
    return found


def _read_column(node: yaml.Node, faults: list[tuple[int, str]]) -> Column:
    block = Block(node, "colonnes.", faults)
    found = Column(
        key=block.text("code", 8, required=True),
        title=block.text("titre", LONGEST_TITLE, required=True),
        kind=block.choice("nature", KINDS),
        unit=block.text("unite", 40),
    )
    block.done()
    return found


def _read_condition(block: Block) -> Condition | None:
    node = block.take("condition", optional=True)
    if node is None:
        return None
    inner = Block(node, "condition.", block.faults)
    found = Condition(
        question=inner.text("question", 8, required=True),
        test=inner.choice("test", TESTS),
        values=list(inner.names("valeurs", MOST_CHOICES)),
    )
    inner.done()
    return found


def _place(problem: Problem, node: yaml.Node) -> yaml.Node:
    """Where the file says what `problem` blames: « sections[0].questions[2] » and a field."""
    for step in problem.path.split(".") if "[" in problem.path else ():
        inside = _under(node, step.partition("[")[0]) if isinstance(node, yaml.MappingNode) else node
        node = inside.value[int(step.partition("[")[2].rstrip("]"))]
    return _under(node, WORDS.get(problem.field, problem.field))


def _under(node: yaml.Node, word: str) -> yaml.Node:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == word), node)
