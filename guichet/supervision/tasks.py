from celery import shared_task


@shared_task(name="supervision.heartbeat", ignore_result=True)
def heartbeat() -> None:
    pass
