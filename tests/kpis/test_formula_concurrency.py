"""Two definitions saved at once: together they make no cycle, and none reads what is gone."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from kpis.models import KPI, KPIInput
from kpis.services.library import change_kpi, define_kpi, delete_kpi
from organizations.services.structure import InUse
from tests.worlds import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ROUNDS = 8


def refused(*jobs: Callable[[], Any]) -> int:
    """Run the jobs at once, each with its own connection; how many of them were refused."""
    barrier = threading.Barrier(len(jobs))
    errors: list[BaseException] = []

    def guarded(job: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=30)
            job()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert all(isinstance(error, ValidationError | InUse) for error in errors), errors
    return len(errors)


def test_two_formulas_make_no_cycle_together(acme: World) -> None:
    for number in range(ROUNDS):
        a, b = (
            define_kpi(organization=acme.organization, code=f"{letter}{number}", name=letter)
            for letter in "ab"
        )
        count = refused(
            lambda a=a, b=b: change_kpi(kpi=a, formula=b.code),  # type: ignore[misc]
            lambda a=a, b=b: change_kpi(kpi=b, formula=a.code),  # type: ignore[misc]
        )
        assert count == 1
        assert KPIInput.objects.filter(kpi__in=(a, b)).count() == 1


def test_a_formula_never_reads_what_is_deleted_meanwhile(acme: World) -> None:
    for number in range(ROUNDS):
        code = f"gone{number}"
        gone = define_kpi(organization=acme.organization, code=code, name="Gone")
        reader = define_kpi(organization=acme.organization, code=f"r{number}", name="Reader")
        count = refused(
            lambda gone=gone: delete_kpi(kpi=gone),  # type: ignore[misc]
            lambda reader=reader, code=code: change_kpi(kpi=reader, formula=code),  # type: ignore[misc]
        )
        assert count == 1
        is_read = KPIInput.objects.filter(input=gone).exists()
        assert is_read == KPI.objects.live().filter(pk=gone.pk).exists()
