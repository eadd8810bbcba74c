"""What an HTTP server imports: `gunicorn wsgi:app`."""

from guichet import create_app

app = create_app()
