"""The CONTROL of the bench: the same work in the way that comes to mind first.

Nothing else may use this. It is what a good project commonly does with Django REST framework: a
serializer for each row, look-ups kept in dictionaries, one `bulk_create`. It refuses less than
the product and keeps neither revisions nor notes of changes, so it has less to do.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.models import Assignment, Measurement
from organizations.authentication import TokenAuthentication, request_access


class PushedRow(serializers.Serializer[Any]):
    """One row; the list of them validates each by itself."""

    kpi = serializers.SlugField(max_length=50)
    unit = serializers.SlugField(max_length=50)
    period = serializers.RegexField(r"^\d{4}-\d{2}$")
    value = serializers.FloatField(min_value=-1e18, max_value=1e18)
    note = serializers.CharField(required=False, max_length=1000)

    def validate_period(self, text: str) -> dt.date:
        """The first day of the month."""
        return dt.date.fromisoformat(f"{text}-01")

    def validate(self, row: dict[str, Any]) -> dict[str, Any]:
        """The codes must name an assignment."""
        assignment = self.context["assignments"].get((row["kpi"], row["unit"]))
        if assignment is None:
            raise serializers.ValidationError("This KPI is not measured there.")
        return {**row, "assignment": assignment}


class MeasurementForm(serializers.ModelSerializer[Measurement]):
    """A whole row of the table, found by its key and saved."""

    class Meta:
        model = Measurement
        fields = ("assignment", "period_start", "value", "note")
        validators: list[Any] = []


class NaiveView(APIView):
    """The product's own authentication, so that only the handling of rows differs."""

    authentication_classes = [TokenAuthentication]
    permission_classes: list[Any] = []
    parser_classes = [JSONParser]


class NaiveMeasurements(NaiveView):
    """Many rows: a list of serializers and `bulk_create`."""

    @transaction.atomic
    def post(self, request: Request, organization: str) -> Response:
        """Validate every row, then write all by one statement a batch."""
        access = request_access(request, organization)
        assert access is not None
        assignments = {
            (each.kpi.code, each.unit.code): each
            for each in Assignment.objects.filter(organization=access.organization).select_related(
                "kpi", "unit"
            )
        }
        rows = PushedRow(data=request.data, many=True, context={"assignments": assignments})
        rows.is_valid(raise_exception=True)
        now = timezone.now()
        Measurement.objects.bulk_create(
            [
                Measurement(
                    organization=access.organization,
                    assignment=row["assignment"],
                    period_start=row["period"],
                    value=row["value"],
                    note=row.get("note", ""),
                    recorded_at=now,
                    token=access.token,
                )
                for row in rows.validated_data
            ],
            update_conflicts=True,
            unique_fields=["assignment", "period_start"],
            update_fields=["value", "note", "recorded_at", "token"],
        )
        return Response({"stored": len(rows.validated_data)})


class NaiveValue(NaiveView):
    """One value: find its row, and save it through a model's serializer."""

    @transaction.atomic
    def post(self, request: Request, organization: str) -> Response:
        """Look the codes up, validate, save."""
        access = request_access(request, organization)
        assert access is not None
        pushed: Any = next(iter(request.data))
        assignment = Assignment.objects.get(
            organization=access.organization,
            kpi__code=pushed["kpi"],
            unit__code=pushed["unit"],
        )
        start = dt.date.fromisoformat(f"{pushed['period']}-01")
        stored = Measurement.objects.filter(assignment=assignment, period_start=start).first()
        data = {"assignment": assignment.pk, "period_start": start, "value": pushed["value"]}
        form = MeasurementForm(stored, data=data)
        form.is_valid(raise_exception=True)
        form.save(organization=access.organization, token=access.token, recorded_at=timezone.now())
        return Response({"stored": 1})
