from celery import shared_task


@shared_task(name="calls.open_and_close", ignore_result=True)
def open_and_close() -> None:
    pass
