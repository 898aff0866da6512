"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scorecard_site.settings")

application = get_wsgi_application()

from scorecard_site.checks import refuse_insecure_start  # noqa: E402  # needs the settings

refuse_insecure_start()
