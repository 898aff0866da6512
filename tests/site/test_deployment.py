"""What deploys the site names the variables, files and commands that exist."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import resolve

from scorecard_site.celery import app

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("web", "worker", "beat", "migrate")
READ_BY_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "WORKER_CONCURRENCY"}
READ_BY_GUNICORN = {"WEB_CONCURRENCY"}


def variables_read() -> set[str]:
    """Every variable that the code reads, by the names it uses."""
    site = ROOT / "scorecard_site"
    files = ["settings.py", "gunicorn_conf.py", "management/commands/serve.py"]
    code = "".join((site / name).read_text() for name in files)
    return set(re.findall(r'(?:env(?:\.\w+)?|environ\.get)\(\s*"([A-Z_]+)"', code))


def variables_explained() -> set[str]:
    example = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^#?([A-Z_]+)=", example, flags=re.MULTILINE))


def test_the_example_explains_exactly_the_variables_that_are_read() -> None:
    assert variables_explained() == variables_read() | READ_BY_COMPOSE | READ_BY_GUNICORN


def test_compose_asks_only_for_variables_that_are_explained() -> None:
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE)) <= variables_explained()


def test_compose_passes_on_only_variables_that_are_read() -> None:
    known = variables_read() | READ_BY_GUNICORN
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known


@pytest.mark.parametrize(
    "name", ["ALLOWED_HOSTS", "SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"]
)
def test_compose_has_no_default_for_secrets(name: str) -> None:
    uses = re.findall(rf"\$\{{{name}(?![A-Z_])(.*?)\}}", COMPOSE)
    assert uses
    assert all(re.match(r":\?Set \w+ to ", each) for each in uses)


def test_our_services_share_one_image() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {"line-of-sight"}


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_the_celery_commands_name_the_application(name: str) -> None:
    words = SERVICES[name]["command"].split()
    assert words[:4] == ["celery", "--app", "scorecard_site", name]
    assert importlib.import_module(words[2]).celery_app is app


def test_the_web_command_names_files_that_exist() -> None:
    assert '"--config", "scorecard_site/gunicorn_conf.py"' in DOCKERFILE
    config = importlib.import_module("scorecard_site.gunicorn_conf")
    assert callable(importlib.import_module(config.wsgi_app).application)


def test_every_service_that_goes_on_is_watched() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service or name == "web", name
    [address] = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", DOCKERFILE)
    assert resolve(address).url_name == "healthz"


def test_only_the_web_server_has_a_port_and_only_on_this_computer() -> None:
    assert {name for name, each in SERVICES.items() if "ports" in each} == {"web"}
    assert all(each.startswith("127.0.0.1:") for each in SERVICES["web"]["ports"])


def test_the_image_is_small_locked_and_unprivileged() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER scorecard$", DOCKERFILE, flags=re.MULTILINE)
    lock = (ROOT / "requirements-runtime.lock").read_text()
    assert "pytest" not in lock
    assert re.search(r"^django==5\.2", lock, flags=re.MULTILINE)


def test_both_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))

    assert pins("requirements-runtime.lock") <= pins("requirements.lock")


def test_what_the_image_needs_is_not_ignored() -> None:
    kept = {each[1:] for each in (ROOT / ".dockerignore").read_text().split() if each[0] == "!"}
    packages = {"calculations", "organizations", "kpis", "scorecards"}
    packages |= {"strategy_maps", "scorecard_site"}
    assert packages | {"static", "templates", "manage.py", "pyproject.toml"} <= kept
    assert all((ROOT / each).exists() for each in kept)
