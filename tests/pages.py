"""What tests read from pages."""

import html
import re


def undo(page: str) -> dict[str, str]:
    """The fields that the page's button to undo would send, without the token."""
    (form,) = re.findall(r'<form class="undo".*?</form>', page, re.DOTALL)
    fields = re.findall(r'name="([^"]+)"\s+value="([^"]*)"', form)
    return {name: html.unescape(v) for name, v in fields if name != "csrfmiddlewaretoken"}
