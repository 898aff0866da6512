"""The seven questions of a meaningful KPI, and how their answers are stored."""

from typing import Any

from django.core.exceptions import ValidationError

from organizations.models.structure import validate_text

# Each is asked so that "yes" is the good answer; their words stand in the form and in docs/kpis.md.
QUESTIONS = ("reaches", "owned", "decides", "defined", "timely", "balanced", "compared")
YES, NO, UNANSWERED = "yes", "no", ""
NOTE_LENGTH = 300


def validate_answers(answers: Any) -> None:
    """By question {"answer": "yes", "no" or "", "note": text}; what is not there is unanswered."""
    if not isinstance(answers, dict) or not answers.keys() <= set(QUESTIONS):
        raise ValidationError(f"Answer these questions: {', '.join(QUESTIONS)}.")
    for name, said in answers.items():
        if not isinstance(said, dict) or said.keys() != {"answer", "note"}:
            raise ValidationError(f"Write an answer and a note to “{name}”.")
        if said["answer"] not in (YES, NO, UNANSWERED):
            raise ValidationError(f"Answer “{name}” with yes or no, or leave it open.")
        if not isinstance(said["note"], str) or len(said["note"]) > NOTE_LENGTH:
            raise ValidationError(
                f"The note to “{name}” may have at most {NOTE_LENGTH} characters."
            )
        validate_text(said["note"])
