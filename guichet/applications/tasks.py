from celery import shared_task


@shared_task(name="applications.remind_drafts", ignore_result=True)
def remind_drafts() -> None:
    pass
