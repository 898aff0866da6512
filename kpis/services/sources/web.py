"""What the kinds share that ask over HTTP."""

from urllib.parse import quote, urlsplit

from organizations.services.outgoing import (
    Answer,
    NoAnswer,
    NotAllowed,
    OutgoingError,
    checked_url,
    send_request,
)

from .shapes import (
    EXCERPT,
    Config,
    Field,
    Settings,
    SourceAway,
    SourceFailed,
    filled,
    has_variables,
    showing,
    unknown_variables,
)

MOST_HEADERS = 20
SECONDS = 10.0
FIELDS = (
    Field(
        "url",
        "Address",
        "With https://. {period}, {start}, {end}, {year} and {month} stand for the period asked"
        " for.",
        most=1000,
        is_required=True,
    ),
    Field("headers", "Headers", "One in each line, such as Accept: application/json.", "area"),
    Field(
        "secret_header",
        "Secret header",
        "One header that is kept encrypted, such as Authorization: Bearer abc.",
        "password",
        2000,
        is_secret=True,
    ),
)


def aim(settings: Settings) -> str:
    """Scheme, host and port: a secret for one is not sent to another."""
    parts = urlsplit(settings.get("url", ""))
    return f"{parts.scheme}://{parts.netloc}".lower()


def asks_by_period(settings: Settings) -> bool:
    return has_variables(settings.get("url", ""))


def problems(settings: Settings) -> dict[str, str]:
    """What is wrong with the address or the headers, by field."""
    found = {"url": unknown_variables(settings["url"]) or _url_problem(settings["url"])}
    try:
        headers_in(settings["headers"])
    except ValueError as refusal:
        found["headers"] = str(refusal)
    return {name: said for name, said in found.items() if said}


def _url_problem(url: str) -> str:
    if "{" in (urlsplit(url).netloc if "//" in url else url):
        return "Only the part after the host may name the period."
    try:
        checked_url(url)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def headers_in(text: str) -> dict[str, str]:
    """Headers as they are typed; raises ValueError with what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_HEADERS:
        raise ValueError(f"At most {MOST_HEADERS} headers are sent.")
    headers = {}
    for line in lines:
        name, mark, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not mark or not _is_token(name) or not value.isprintable() or not value.isascii():
            raise ValueError("Write each header as Name: value, in plain letters and signs.")
        headers[name] = value
    return headers


def _is_token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()


def asked(config: Config) -> tuple[str, Answer]:
    """The request as it may be shown, and its answer if it is a good one."""
    url = filled(config.settings["url"], config.window, lambda text: quote(text, safe=""))
    headers = headers_in(config.settings.get("headers", ""))
    shown = [f"GET {url}", *(f"{name}: {value}" for name, value in headers.items())]
    try:
        secret = headers_in(config.secrets.get("secret_header", ""))
    except ValueError:
        raise SourceFailed("The secret header is not written as Name: value.") from None
    shown += [f"{name}: (kept secret)" for name in secret]
    request = "\n".join(shown)
    with showing(request):
        answer = _sent(config, url, {**headers, **secret})
    with showing(request, excerpt(answer)):
        _require_good(answer)
    return request, answer


def _sent(config: Config, url: str, headers: dict[str, str]) -> Answer:
    try:
        return send_request(url=url, headers=headers, seconds=min(SECONDS, config.seconds))
    except NoAnswer as reason:
        raise SourceAway(str(reason)) from None
    except OutgoingError as reason:
        raise SourceFailed(str(reason)) from None


def _require_good(answer: Answer) -> None:
    if answer.is_good:
        return
    said = f"The answer is the status {answer.status}"
    if 300 <= answer.status < 400:
        where = answer.headers.get("location", "")[:200]
        raise SourceFailed(
            f"{said}, which leads on to {where if where.isprintable() else 'elsewhere'}. Redirects"
            " are not followed: enter the final address."
        )
    if answer.status in (401, 403):
        raise SourceFailed(f"{said}: what is asked needs another key or password.")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise SourceAway(f"{said}.")
    raise SourceFailed(f"{said}. Look at the address.")


def require_data(answer: Answer) -> None:
    """A page where data was expected is usually one that asks to sign in."""
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    if is_page or answer.content[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise SourceFailed(
            "The answer is a web page, not data. Perhaps the address asks people to sign in: look"
            " for the one that programs use."
        )


def excerpt(answer: Answer) -> str:
    """The beginning of an answer, as text."""
    text = answer.content[: 4 * EXCERPT].decode("utf-8", "replace")
    shown = "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)
    size = f"Status {answer.status}, {len(answer.content):,} bytes"
    return f"{size}\n{shown[:EXCERPT]}{'…' if len(shown) > EXCERPT else ''}"
