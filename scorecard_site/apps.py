"""The site as an installed app: its start-up checks and commands."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Registers the start-up checks."""

    name = "scorecard_site"

    def ready(self) -> None:
        """Import what registers itself."""
        from scorecard_site import checks  # noqa: F401
