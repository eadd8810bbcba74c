"""The worker's side of accounts."""

from celery import shared_task

from guichet.accounts.services import retention
from guichet.core.transaction import unit_of_work


@shared_task(name="accounts.forget", ignore_result=True)
def forget() -> None:
    """Asked every day by the scheduler: what was kept of people for long enough goes, a transaction for each batch."""
    with unit_of_work():
        retention.forget_resets()
    anonymised = retention.BATCH
    while anonymised == retention.BATCH:
        with unit_of_work():
            anonymised = retention.anonymise_closed_accounts()
