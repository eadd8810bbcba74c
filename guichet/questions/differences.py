"""What differs between two versions of a form, said in words, question by question. Pure."""

from dataclasses import dataclass

from guichet.questions.definition import Definition, Question, told


@dataclass(frozen=True)
class Difference:
    """`what` is ajoutée, retirée, modifiée or déplacée."""

    what: str
    title: str
    detail: str = ""


def differences(before: Definition, after: Definition) -> list[Difference]:
    """Added, removed, changed, moved: sections, then questions, in the order of the new form."""
    return [*_sections(before, after), *_questions(before, after)]


def _sections(before: Definition, after: Definition) -> list[Difference]:
    found = []
    for section in after.sections:
        old = before.section(section.key)
        if old is None:
            found.append(Difference("ajoutée", f"Rubrique « {section.title} »"))
            continue
        words = [f"intitulé : « {old.title} » devient « {section.title} »"] if old.title != section.title else []
        words += ["aide récrite"] if old.help != section.help else []
        conditions = [
            told(one.condition, form) if one.condition else "" for one, form in ((old, before), (section, after))
        ]
        words += [_condition_words(*conditions)] if conditions[0] != conditions[1] else []
        if words:
            found.append(Difference("modifiée", f"Rubrique « {section.title} »", " ; ".join(words)))
    gone = [section for section in before.sections if after.section(section.key) is None]
    found += [Difference("retirée", f"Rubrique « {section.title} »") for section in gone]
    kept = [section.key for section in before.sections if after.section(section.key)]
    now = [section.key for section in after.sections if before.section(section.key)]
    moved = [section for section in after.sections if section.key in _out_of_order(kept, now)]
    return found + [Difference("déplacée", f"Rubrique « {section.title} »") for section in moved]


def _questions(before: Definition, after: Definition) -> list[Difference]:
    found = []
    for question in after.questions:
        old = before.question(question.key)
        if old is None:
            found.append(Difference("ajoutée", question.title, question.kind.label.lower()))
        elif words := _words(old, question, before, after):
            found.append(Difference("modifiée", question.title, " ; ".join(words)))
    gone = (question for question in before.questions if after.question(question.key) is None)
    found += [Difference("retirée", question.title) for question in gone]
    return found + [Difference("déplacée", question.title) for question in _moved(before, after)]


def _moved(before: Definition, after: Definition) -> list[Question]:
    """In another section, or out of order among those that stay in theirs."""
    moved = []
    for section in after.sections:
        stay = [one.key for one in section.questions if _section_key(before, one.key) == section.key]
        old = before.section(section.key)
        were = [one.key for one in old.questions if one.key in stay] if old else []
        out = _out_of_order(were, stay)
        elsewhere = {one.key for one in section.questions if before.question(one.key)} - set(stay)
        moved += [one for one in section.questions if one.key in out | elsewhere]
    return moved


def _section_key(form: Definition, question: str) -> str:
    section = form.section_of(question)
    return section.key if section else ""


def _out_of_order(before: list[str], after: list[str]) -> set[str]:
    """The fewest that, put aside, leave the others in their order: what follows the longest run in order is not told as moved."""
    best: list[list[str]] = []
    for key in after:
        runs = [run for run in best if before.index(run[-1]) < before.index(key)]
        best.append([*_longest(runs), key])
    return set(after) - set(_longest(best))


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=lambda run: len(run)) if runs else []


def _words(old: Question, new: Question, before: Definition, after: Definition) -> list[str]:
    pairs = [
        ("intitulé", old.title, new.title),
        ("type", old.kind.label, new.kind.label),
        ("unité", old.unit, new.unit),
        ("longueur", str(old.longest or ""), str(new.longest or "")),
        ("au moins", old.least or "", new.least or ""),
        ("au plus", old.most or "", new.most or ""),
        ("formule", old.formula, new.formula),
    ]
    words = [
        f"{label} : « {one or 'rien'} » devient « {other or 'rien'} »" for label, one, other in pairs if one != other
    ]
    words += ["aide récrite"] if old.help != new.help else []
    if old.required != new.required:
        words.append("devient obligatoire" if new.required else "devient facultative")
    words += _lists(old.choices, new.choices, "choix")
    words += _lists([one.title for one in old.columns], [one.title for one in new.columns], "colonne")
    if not words[-1:] and old.columns != new.columns:
        words.append("colonnes d’un autre type")
    conditions = [told(one.condition, form) if one.condition else "" for one, form in ((old, before), (new, after))]
    return words + ([_condition_words(*conditions)] if conditions[0] != conditions[1] else [])


def _condition_words(_before: str, after: str) -> str:
    return f"demandée si {after}" if after else "demandée dans tous les cas"


def _lists(before: list[str], after: list[str], noun: str) -> list[str]:
    added = [f"{noun} « {one} » en plus" for one in after if one not in before]
    removed = [f"{noun} « {one} » en moins" for one in before if one not in after]
    if sorted(before) == sorted(after) and before != after:
        return [f"{noun} dans un autre ordre"]
    return added + removed
