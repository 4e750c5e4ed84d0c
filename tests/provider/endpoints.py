"""The API's paths, and what each does with the account."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from provider.account import Account
from provider.multipart import Part
from provider.refusing import RefusedError
from provider.requests import Answer, Request, said

_METADATA = re.compile(r"metadata\[(.+)\]")
Doing = Callable[[Account, Request, str], Any]


@dataclass(frozen=True)
class Endpoint:
    """`path` is as in the OpenAPI document; `do` gets the name in the path, where there is one."""

    method: str
    path: str
    do: Doing

    @property
    def kind(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", r"([^/]+)", self.path))


def found(request: Request) -> tuple[Endpoint, str]:
    """Raises RefusedError for a path that the API doesn't have."""
    for endpoint, pattern in _PATTERNS:
        if endpoint.method == request.method and (match := pattern.fullmatch(request.path)):
            return endpoint, unquote(match[1]) if match.groups() else ""
    raise RefusedError(404, f"Invalid URL ({request.method} /v1{request.path})", None)


def kind(request: Request) -> str:
    """Method and path as in the OpenAPI document; unknown for what isn't in it."""
    try:
        return found(request)[0].kind
    except RefusedError:
        return "unknown"


def done(endpoint: Endpoint, name: str, account: Account, request: Request) -> Answer:
    try:
        result = endpoint.do(account, request, name)
    except RefusedError as refused:
        return said(refused.body, refused.status)
    except (KeyError, TypeError) as error:
        return said(RefusedError(400, f"Missing or wrong parameter: {error}").body, 400)
    if isinstance(result, bytes):
        return Answer(200, result, content_type="application/octet-stream")
    return said(result if isinstance(result, dict) else result.view)


# What each does


def _create_file(account: Account, request: Request, name: str) -> Any:
    form = request.form
    expires = _text(form, "expires_after[seconds]")
    file = form["file"]
    return account.files.add(file.filename or "", _text(form, "purpose"), file.content, int(expires) if expires else None)


def _list_files(account: Account, request: Request, name: str) -> Any:
    if not account.manners.has_file_list:
        raise RefusedError(404, "Invalid URL (GET /v1/files)")
    views = [file.view for file in account.files.kept.values()]
    if purpose := request.query.get("purpose"):
        views = [view for view in views if view["purpose"] == purpose]
    return _page(views if request.query.get("order") == "asc" else views[::-1], request, 10000)


def _add_part(account: Account, request: Request, name: str) -> Any:
    return account.files.add_part(name, request.form["data"].content)


def _list_jobs(account: Account, request: Request, name: str) -> Any:
    asked = {match[1]: value for key, value in request.query.items() if (match := _METADATA.fullmatch(key))}
    return _page(account.listed_jobs(asked), request, 20)


def _list_events(account: Account, request: Request, name: str) -> Any:
    if not account.manners.has_events:
        raise RefusedError(404, "Invalid URL")
    return _page(account.job(name).events, request, 20)


def _list_checkpoints(account: Account, request: Request, name: str) -> Any:
    if not account.manners.has_checkpoints:
        raise RefusedError(404, "Invalid URL")
    page = _page(account.job(name).checkpoints, request, 10)
    ids = [checkpoint["id"] for checkpoint in page["data"]]
    return {**page, "first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}


def _page(items: Sequence[dict[str, Any]], request: Request, limit: int) -> dict[str, Any]:
    limit, after = int(request.query.get("limit", limit)), request.query.get("after")
    ids = [item["id"] for item in items]
    if after and after not in ids:
        raise RefusedError(400, f"No such id: {after}", None, "after")
    begin = ids.index(after) + 1 if after else 0
    page = {"object": "list", "data": list(items[begin : begin + limit]), "has_more": begin + limit < len(items)}
    if request.path == "/files":
        shown = ids[begin : begin + limit]
        page |= {"first_id": shown[0] if shown else "", "last_id": shown[-1] if shown else ""}
    return page


def _text(form: dict[str, Part], name: str) -> str:
    return form[name].content.decode() if name in form else ""


ENDPOINTS = (
    Endpoint("POST", "/files", _create_file),
    Endpoint("GET", "/files", _list_files),
    Endpoint("GET", "/files/{file_id}", lambda account, request, id: account.file_view(id)),
    Endpoint("DELETE", "/files/{file_id}", lambda account, request, id: account.files.delete(id)),
    Endpoint("GET", "/files/{file_id}/content", lambda account, request, id: account.content(id)),
    Endpoint("POST", "/uploads", lambda account, request, id: account.files.begin(request.json)),
    Endpoint("POST", "/uploads/{upload_id}/parts", _add_part),
    Endpoint("POST", "/uploads/{upload_id}/complete", lambda account, request, id: account.files.complete(id, request.json["part_ids"])),
    Endpoint("POST", "/uploads/{upload_id}/cancel", lambda account, request, id: account.files.cancel(id)),
    Endpoint("POST", "/fine_tuning/jobs", lambda account, request, id: account.create_job(request.json, request.key)),
    Endpoint("GET", "/fine_tuning/jobs", _list_jobs),
    Endpoint("GET", "/fine_tuning/jobs/{fine_tuning_job_id}", lambda account, request, id: account.job(id)),
    Endpoint("POST", "/fine_tuning/jobs/{fine_tuning_job_id}/cancel", lambda account, request, id: account.cancel(id)),
    Endpoint("POST", "/fine_tuning/jobs/{fine_tuning_job_id}/pause", lambda account, request, id: account.pause(id)),
    Endpoint("POST", "/fine_tuning/jobs/{fine_tuning_job_id}/resume", lambda account, request, id: account.resume(id)),
    Endpoint("GET", "/fine_tuning/jobs/{fine_tuning_job_id}/events", _list_events),
    Endpoint("GET", "/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints", _list_checkpoints),
    Endpoint("GET", "/models", lambda account, request, id: {"object": "list", "data": account.models()}),
    Endpoint("GET", "/models/{model}", lambda account, request, id: account.model(id)),
    Endpoint("POST", "/chat/completions", lambda account, request, id: account.chat(request.json, request.key)),
)
_PATTERNS = tuple((endpoint, endpoint.pattern) for endpoint in ENDPOINTS)
