"""How gunicorn serves, on a laptop and in a container alike.

Threads share the pages' templates and the database pool; processes are added by WEB_CONCURRENCY.
"""

import os

wsgi_app = "scorecard_site.wsgi"
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
# SIGTERM lets running requests finish.
graceful_timeout = 25
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True
# The request middleware writes the access log, with request ids.
accesslog = None
loglevel = "warning"
