from celery import shared_task


@shared_task(name="notifications.send_queued", ignore_result=True)
def send_queued() -> None:
    pass
