"""The site: settings, addresses, start-up, operation. Nothing else imports it."""

from scorecard_site.celery import app as celery_app

__all__ = ["celery_app"]
