"""The product's settings for the measured web process: one address more, no collected files."""

from scorecard_site.settings import *  # noqa: F403
from scorecard_site.settings import STORAGES

ROOT_URLCONF = "scorecard_site.bench.urls"
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# It is asked over plain HTTP, on this computer only.
SECURE_SSL_REDIRECT = False
# It measures how much passes, not how much may.
API_REQUESTS_PER_MINUTE = 0
