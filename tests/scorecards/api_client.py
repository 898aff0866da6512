"""Asking the API as an integrator does."""

import json
from typing import Any

from django.test import Client

from tests.worlds import World

BASE = "/api/v1/acme/"


class Api:
    """A client with a token, or with the session of a signed-in person."""

    def __init__(self, secret: str = "", base: str = BASE) -> None:
        self.client, self.base = Client(), base
        self.headers = {"authorization": f"Bearer {secret}"} if secret else {}

    @classmethod
    def signed_in(cls, world: World, name: str) -> "Api":
        api = cls()
        api.client.force_login(world.users[name])
        return api

    def get(self, path: str) -> Any:
        return self.client.get(self.base + path, headers=self.headers)

    def post(self, path: str, rows: Any, **extra: Any) -> Any:
        body = rows if isinstance(rows, bytes | str) else json.dumps(rows)
        return self.client.post(
            self.base + path, body, content_type="application/json", headers=self.headers, **extra
        )

    def send(self, method: str, path: str, body: Any = None, if_match: str = "") -> Any:
        """Any method with a body in JSON, and the version that is known."""
        headers = self.headers | ({"if-match": if_match} if if_match else {})
        sent = "" if body is None else json.dumps(body)
        return self.client.generic(
            method, self.base + path, sent, content_type="application/json", headers=headers
        )

    def push(self, rows: Any, query: str = "", **extra: Any) -> Any:
        """Send values; bytes and texts as they are."""
        return self.post(f"measurements{query}", rows, **extra)

    def page(self, query: str = "") -> Any:
        """List values."""
        return self.get(f"measurements{query}")

    def take_back(self, query: str = "") -> Any:
        """Delete a value."""
        return self.client.delete(f"{self.base}measurements{query}", headers=self.headers)


def problem(response: Any) -> tuple[int, str]:
    """Status and code of an answer that must be a problem."""
    assert response["Content-Type"] == "application/problem+json"
    answer = response.json()
    assert answer["status"] == response.status_code
    assert {"type", "title", "detail"} <= answer.keys()
    return response.status_code, answer["code"]
