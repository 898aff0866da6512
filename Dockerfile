# One image for the web server, the workers and the beat: docker-compose.yml chooses the command.

FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements-runtime.lock .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements-runtime.lock \
 && /venv/bin/pip uninstall --yes pip

FROM python:3.12-slim
# The letters of printed pages, and of strategy maps that are taken out as PNG.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 DJANGO_SETTINGS_MODULE=scorecard_site.settings
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# The key of this one command is thrown away: the image holds no secret.
RUN python -m compileall -q /app \
 && SECRET_KEY=only-to-collect-static-files python manage.py collectstatic --noinput --verbosity 0 \
 && useradd --system --no-create-home scorecard \
 && chown -R scorecard /app/var
USER scorecard
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "scorecard_site/gunicorn_conf.py", "--bind", "0.0.0.0:8000"]
