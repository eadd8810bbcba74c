"""The budget as a whole: its summary, its files, and the table that is pasted or imported into it."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import policies, queries
from guichet.applications.budget import summarise, tabulate
from guichet.applications.budget_sheet import Reading, cofunding_rows, rows_of
from guichet.applications.ceilings import Verdict, verdicts
from guichet.applications.forms.budget_sheet import Mode, SheetForm
from guichet.applications.models import Application, BudgetLine, Section
from guichet.applications.sections import fingerprint, values_of
from guichet.applications.services import drafting
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page, section_url
from guichet.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents import spreadsheets


@bp.get("/dossiers/<uuid:application_id>/budget")
@signed_in()
def budget(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    if not policies.can_read_rewriting(actor, application):
        return redirect(url_for(".content", application_id=application_id), 303)
    counted = application.call.staff_cost_counted
    summary = summarise(application.budget_lines, application.cofundings, staff_counted=counted)
    return dossier_page(
        "applications/budget.html",
        None,
        application,
        "Synthèse du budget",
        summary=summary,
        by_year=tabulate(application.budget_lines, application.cofundings),
        verdicts=list(verdicts(summary, application.call)),
        kinds=list(spreadsheets.MEDIA_TYPES),
        can_write=policies.can_edit_section(actor, application, Section.BUDGET),
    )


@bp.get("/dossiers/<uuid:application_id>/budget/<word>")
@signed_in()
def budget_file(application_id: UUID, word: str) -> ResponseReturnValue:
    """The tables as a spreadsheet of that kind."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    if word not in spreadsheets.MEDIA_TYPES or not policies.can_read_rewriting(actor, application):
        raise NotFound("Ce fichier n’existe pas.")
    sheets: dict[str, list[list[Any]]] = {
        "Dépenses": list(rows_of(application.budget_lines)),
        "Cofinancements": list(cofunding_rows(application.cofundings)),
    }
    answer = Response(spreadsheets.write(word, sheets), content_type=spreadsheets.MEDIA_TYPES[word])
    answer.headers.set("Content-Disposition", "attachment", filename=f"budget.{word}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.route("/dossiers/<uuid:application_id>/rubriques/budget/tableau", methods=["GET", "POST"])
@signed_in()
def budget_sheet(application_id: UUID) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    if not policies.can_edit_section(current_account(), application, Section.BUDGET):
        raise Forbidden("La rubrique « Budget » n’est pas ouverte à la saisie.")
    form = SheetForm()
    if not form.is_submitted():
        form.version.data = fingerprint(application, Section.BUDGET)
        form.mode.data = Mode.ADD if application.budget_lines else Mode.REPLACE
        return _sheet_page(application, form)
    valid = form.validate()
    reading = form.look()
    if not valid or form.errors or form.form_errors:
        return _sheet_page(application, form)
    held = values_of(application, Section.BUDGET)["lines"]
    if len(whole := form.lines(reading, held)) > drafting.MOST_LINES:
        form.tell([f"Le budget aurait {len(whole)} lignes : il en a {drafting.MOST_LINES} au plus."])
        return _sheet_page(application, form)
    return _apply(application, form, whole) if "apply" in request.form else _preview(application, form, reading, whole)


def _apply(application: Application, form: SheetForm, whole: list[dict[str, Any]]) -> ResponseReturnValue:
    actor = current_account()
    seen = form.version.data or ""
    try:
        with unit_of_work():
            drafting.save_section(application, Section.BUDGET, {"lines": whole}, seen=seen, actor=actor)
    except RuleBroken as problem:
        form.tell([problem.message])
        return _sheet_page(queries.one_for(actor, application.id), form)
    except Conflict:
        fresh = queries.one_for(actor, application.id)
        form.version.data = fingerprint(fresh, Section.BUDGET)
        body, _ = _preview(fresh, form, Reading(), whole, has_moved=True)
        return body, 409
    flash("Le tableau est appliqué au budget.", "success")
    return redirect(section_url(application, actor, Section.BUDGET), 303)


def _preview(
    application: Application, form: SheetForm, reading: Reading, whole: list[dict[str, Any]], *, has_moved: bool = False
) -> tuple[str, int]:
    """What the budget would be; nothing is written."""
    lines = [BudgetLine(**line) for line in whole]
    summary = summarise(lines, application.cofundings, staff_counted=application.call.staff_cost_counted)
    return _sheet_page(
        application,
        form,
        preview=lines,
        number=len(reading.lines),
        summary=summary,
        verdicts=list(verdicts(summary, application.call)),
        has_moved=has_moved,
    )


def _sheet_page(application: Application, form: SheetForm, **context: Any) -> tuple[str, int]:
    shown: dict[str, Any] = {"preview": [], "verdicts": list[Verdict](), "has_moved": False, **context}
    return dossier_page(
        "applications/budget_sheet.html",
        form,
        application,
        "Coller ou importer le budget",
        max_size=spreadsheets.LARGEST,
        kinds=spreadsheets.LABELS,
        endings=spreadsheets.ENDINGS,
        **shown,
    )
