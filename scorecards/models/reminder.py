"""Whether and when somebody is reminded by e-mail of the values that they owe."""

from django.db import models

from organizations.models import Organization, User


class ReminderChoice(models.Model):
    """What somebody chose in an organization; who never chose has no row, and the default."""

    class Rhythm(models.TextChoices):
        NEWS = "news", "On days on which a value becomes due, or has been due for a week"
        DAILY = "daily", "Daily, as long as any value is due"
        WEEKLY = "weekly", "On Mondays, if any value is due"
        NEVER = "never", "Never"

    DEFAULT = Rhythm.NEWS

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices, default=DEFAULT)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="reminder_chosen_once"),
            models.CheckConstraint(
                condition=models.Q(rhythm__in=("news", "daily", "weekly", "never")),
                name="reminder_rhythm_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}: {self.rhythm}"
