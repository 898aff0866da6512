"""The records of every kind over HTTP: listed, added, read, changed and taken away.

What is written goes by a plan through the services (`scorecards.services.records`), with their
rights and checks, under the organization's lock from the comparison of versions to the last row.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.access import Access, Action
from organizations.models.structure import on_occasion
from organizations.services.locks import lock_organization
from scorecards.api.base import OrganizationView, switch
from scorecards.api.listing import PAGING, listed
from scorecards.api.matching import require_match, tagged
from scorecards.api.schema import Described
from scorecards.api_errors import Problem
from scorecards.selectors.records import Record
from scorecards.services.records import NotApplied, Plan, apply, plan, removal
from scorecards.services.records.publishing import STRUCTURE
from scorecards.services.records.rights import may_anywhere

from . import schemas
from .narrowing import narrowed, orderings
from .refusals import body_problem, refused
from .removing import REMOVERS
from .resources import READ, RESOURCES, WRITE, Resource
from .restating import RESTATED, asked_reason
from .sent import json_value
from .telling import Telling
from .values import FieldError, said

MOST_ROWS = 1000
WRITES = ("post", "patch", "delete")
ADMINISTERED = ("units", "settings")
PARENTS = {"objective_kpis": "objectives", "milestones": "initiatives"}


class ResourceView(OrganizationView):
    """An address of a kind of records."""

    resource: Resource = RESOURCES[0]

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        more: tuple[str, ...] = ("valid_from",) if self.resource.name in STRUCTURE else ()
        more += ("reason",) if self.resource.name == RESTATED else ()
        writes = [name for name in self.http_method_names if name in WRITES and hasattr(self, name)]
        self.scopes = {"get": () if self.resource.is_open else READ, **dict.fromkeys(writes, WRITE)}
        self.parameters = dict.fromkeys(writes, ("dry_run", *more))

    def describe(self, method: str) -> Described:
        return schemas.described(self.resource, method, is_list=isinstance(self, RecordsView))

    def require_some_right(self) -> None:
        """Whoever may write nothing of the kind anywhere is told so before the body is read."""
        action = Action.EDIT_STRUCTURE
        if self.resource.name in ADMINISTERED:
            action = Action.ADMINISTER
        if not may_anywhere(self.access, action, for_units=self.resource.name in ADMINISTERED):
            raise Problem("not_permitted", "Your role permits this at no unit.")

    def locked(self) -> Access:
        """The access as things stand, in a transaction that alone edits the organization."""
        lock_organization(self.access.organization.pk)
        self.access = replace(self.access)
        return self.access

    def valid_from(self, request: Request) -> dt.date | None:
        text = request.query_params.get("valid_from")
        return None if text is None else self.period(text).start

    @property
    def occasion(self) -> str:
        """As the history tells of it."""
        token = self.access.token
        return f"API token “{token}”" if token else "API"

    def applied(
        self, wanted: Plan, *, is_many: bool, or_else: str = "invalid_body"
    ) -> list[Record]:
        """The records as they stand then, in the order of the body. Raises Problem."""
        if wanted.refused:
            raise refused(wanted, is_many=is_many, or_else=or_else)
        try:
            done = apply(self.access, replace(wanted, occasion=self.occasion)).done
        except NotApplied as found:
            raise refused(found.plan, is_many=is_many, or_else=or_else) from None
        told = [change for change in done if change.row is not None and change.after is not None]
        told.sort(key=lambda change: change.row or 0)
        return [change.after for change in told if change.after is not None]

    def row(
        self, body: Any, codes: Mapping[str, Any], extras: Mapping[str, Any] | None = None
    ) -> Record:
        """What an object says. Raises Problem."""
        named = self.resource.fields_named(codes)
        record, errors = said(self.resource.kind, body, named, extras)
        if errors:
            raise body_problem(error.at() for error in errors)
        return record


class RecordsView(ResourceView):
    """All records of a kind, or of one beneath another."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        filters = tuple(field.name for field in self.resource.filters)
        order = ("ordering",) if self.resource.orderings else ()
        self.parameters = {**self.parameters, "get": (*filters, "q", *order, *PAGING)}

    def get(self, request: Request, organization: str, **codes: Any) -> Response:
        """A page of those that you may see, in the order of their keys."""
        self._require_told()
        self._require_parent(codes)
        telling = Telling(self.access, self.resource)
        rows = narrowed(request, self.resource, telling.beneath(codes))
        key_of = self.resource.kind.key_of
        is_whole = self.resource.is_whole and not set(PAGING) & request.query_params.keys()
        if is_whole and "ordering" not in request.query_params:
            rows = self._in_tree_order(rows)
            return Response({"results": [telling.answer(row) for row in rows], "next": None})
        order = orderings(self.resource)
        return Response(listed(request, rows, key=key_of, answer=telling.answer, orderings=order))

    def post(self, request: Request, organization: str, **codes: Any) -> Response:
        """Add one, or an array of them: all or none."""
        self._require_parent(codes)
        self.require_some_right()
        body = json_value(request)
        is_many = type(body) is list
        rows = self._rows(body, codes) if is_many else [self.row(body, codes)]
        with transaction.atomic():
            access = self.locked()
            valid_from = self.valid_from(request)
            given = {self.resource.name: rows}
            wanted = plan(access, given, adds=True, valid_from=valid_from)
            wanted = replace(wanted, reason=asked_reason(request, access, rows))
            records = self.applied(wanted, is_many=is_many)
            answer = self._added(records, is_many=is_many)
            transaction.set_rollback(switch(request, "dry_run"))
        return answer

    def _rows(self, body: list[Any], codes: Mapping[str, Any]) -> list[Record]:
        """What an array of objects says. Raises Problem, which names all that is wrong."""
        if len(body) > MOST_ROWS:
            raise Problem("too_many_rows", f"The body has more than {MOST_ROWS:,} rows.")
        if not body:
            raise body_problem([FieldError("", "empty", "The array is empty.").at()])
        named = self.resource.fields_named(codes)
        read = [said(self.resource.kind, item, named) for item in body]
        errors = [error.at(row) for row, (_, wrong) in enumerate(read) for error in wrong]
        if errors:
            raise body_problem(errors)
        return [record for record, _ in read]

    def _added(self, records: Sequence[Record], *, is_many: bool) -> Response:
        telling = Telling(replace(self.access), self.resource)
        if is_many:
            return Response({"results": [telling.answer(each) for each in records]}, 201)
        location = reverse(
            self.resource.address_name,
            kwargs={
                "organization": self.access.organization.code,
                **self.resource.codes(records[0]),
            },
        )
        return tagged(telling.answer(records[0]), 201, location)

    def _require_told(self) -> None:
        """People with their addresses, and their roles, are for administrators' eyes only."""
        if self.resource.is_written or may_anywhere(self.access, Action.ADMINISTER):
            return
        raise Problem("not_permitted", "People and their roles are told to administrators only.")

    def _require_parent(self, codes: Mapping[str, Any]) -> None:
        """404 where the address names something that the reader does not see."""
        if not codes:
            return
        name = PARENTS.get(self.resource.name, "scorecards")
        parent = next(each for each in RESOURCES if each.name == name)
        if Telling(self.access, parent).find(codes) is None:
            raise Problem("not_found")

    def _in_tree_order(self, rows: list[Record]) -> list[Record]:
        """Units with those above before those beneath."""
        if self.resource.name != "units":
            return rows
        places = {n.code: at for at, (n, _) in enumerate(self.access.tree.depth_first())}
        return sorted(rows, key=lambda row: places[row["code"]])


class RecordView(ResourceView):
    """One record."""

    def get(self, request: Request, organization: str, **codes: Any) -> Response:
        """As it stands."""
        telling = Telling(self.access, self.resource)
        return tagged(telling.answer(self._found(telling, codes)))

    def patch(self, request: Request, organization: str, **codes: Any) -> Response:
        """Change what the body says, and nothing else; null clears."""
        self._found(Telling(self.access, self.resource), codes)
        self.require_some_right()
        body = json_value(request)
        with transaction.atomic():
            access = self.locked()
            telling = Telling(access, self.resource)
            record = self._matching(request, telling, codes)
            row = self.row(body, codes, telling.extras(record))
            given = {self.resource.name: [row]}
            wanted = plan(access, given, valid_from=self.valid_from(request))
            wanted = replace(wanted, reason=asked_reason(request, access, [record]))
            after = self.applied(wanted, is_many=False)
            now = Telling(replace(self.access), self.resource)
            answer = tagged(now.answer(after[0] if after else record))
            transaction.set_rollback(switch(request, "dry_run"))
        return answer

    def delete(self, request: Request, organization: str, **codes: Any) -> Response:
        """Take it away; what others use stays."""
        self._found(Telling(self.access, self.resource), codes)
        self.require_some_right()
        with transaction.atomic():
            access = self.locked()
            record = self._matching(request, Telling(access, self.resource), codes)
            wanted = removal(access, self.resource.name, self.resource.key(codes))
            reason = asked_reason(request, access, [record])
            wanted = replace(wanted, valid_from=self.valid_from(request), reason=reason)
            remove = REMOVERS.get(self.resource.name)
            if remove is None or wanted.refused:
                self.applied(wanted, is_many=False, or_else="conflict")
            else:
                with on_occasion(self.occasion, access.user):
                    remove(access, self.resource.key(codes))
            transaction.set_rollback(switch(request, "dry_run"))
        return Response(status=204)

    def _found(self, telling: Telling, codes: Mapping[str, Any]) -> Record:
        record = telling.find(codes)
        if record is None:
            raise Problem("not_found")
        return record

    def _matching(self, request: Request, telling: Telling, codes: Mapping[str, Any]) -> Record:
        """As it stands under the lock, which is what the writer has seen."""
        record = self._found(telling, codes)
        require_match(request, telling.answer(record))
        return record
