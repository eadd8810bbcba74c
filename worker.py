"""What Celery imports: `celery -A worker:celery worker` and `celery -A worker:celery beat`."""

from guichet import create_app

app = create_app()
celery = app.extensions["celery"]
