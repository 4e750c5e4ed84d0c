"""Files at a service: each content goes up once, and is found again by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ftexp.backends.hosted.service import GoneError, Sent, Service, checked_id
from ftexp.errors import ServiceError, StateError, WaitingError
from ftexp.files import write_atomically
from ftexp.steps import Steps
from ftexp.values import Value, digest

UPLOADED, TRIES = 1, 4
_CHUNK = 1 << 20


class Uploaded(Value):
    file: str


def upload(service: Service, content: bytes, apart: str, step: Steps) -> str:
    """The file's id there. Files of equal content are one, but where they are set `apart`.

    Raises ServiceError where the service refuses it, WaitingError where it can't be told whether it arrived.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    key, journal = upload_key(service, sha256, apart), step.state.journal
    with step.state.lock(key, waiting=lambda: step.progress.say("another process is at the same upload, waiting")):
        recorded = journal.result(key)
        known = Uploaded.model_validate_json(recorded).file if recorded else None
        if known and _is_there(service, known):
            return known
        inputs = digest("upload", service.endpoint.base_url, sha256, apart)
        journal.intend(key, "upload", inputs, UPLOADED)
        name = f"ftexp-{digest(sha256, apart)[:32] if apart else sha256[:32]}.jsonl"
        path = step.state.folder("uploads", "") / f"{key}.jsonl"  # equal files that are set apart may be on their way at once
        write_atomically(path, content)
        file = _uploaded(service, path, name, sha256, step)
        journal.conclude(key, Uploaded(file=file).model_dump_json())
        path.unlink(missing_ok=True)
        return file


def upload_key(service: Service, sha256: str, apart: str) -> str:
    return digest("upload", UPLOADED, service.endpoint.base_url.rstrip("/"), sha256, apart)


def remove(service: Service, file: str) -> bool:
    """Whether it is gone; a file that is gone already is."""
    sent = service.delete(f"/files/{file}")
    return sent.outcome == "done" or sent.status == 404


def _is_there(service: Service, file: str) -> bool:
    try:
        found = service.read(f"/files/{file}")
    except GoneError:
        return False
    return found.get("status") not in ("deleted", "error")


def _uploaded(service: Service, path: Path, name: str, sha256: str, step: Steps) -> str:
    """Looked for first, and again whenever it can't be told whether a try arrived."""
    size, reason = path.stat().st_size, ""
    for attempt in range(TRIES):
        if attempt:
            service.pause(min(2.0**attempt, 30.0))
        found = _found(service, name, size)
        if found:
            return found
        sent = _send(service, path, name, sha256, step)
        if sent.outcome == "done":
            return checked_id(sent.body.get("id"))
        if sent.outcome == "refused":
            raise ServiceError(f"{service.host}: the upload of {name} was refused ({sent.reason})")
        reason = sent.reason
        service.pause(sent.wait_seconds or 0)
    raise WaitingError(f"{service.host}: the upload of {name} didn't get through ({reason}); the same command goes on")


def _found(service: Service, name: str, size: int) -> str | None:
    """By its name, which holds its hash, and its size. A service that lists no files just gets it again."""
    try:
        for file in service.listed("/files", purpose="fine-tune"):
            if file.get("filename") == name and file.get("bytes") in (size, None) and file.get("status") not in ("error", "deleted"):
                return checked_id(file.get("id"))
    except (GoneError, ServiceError):
        return None
    return None


def _send(service: Service, path: Path, name: str, sha256: str, step: Steps) -> Sent:
    rules = service.provider.uploads
    if path.stat().st_size > rules.whole_bytes:
        return _in_parts(service, path, name, sha256)
    after = {"expires_after": {"anchor": "created_at", "seconds": 86400 * rules.expire_after_days}} if rules.expire_after_days else {}
    content = _as_hashed(path, sha256)
    files: Any = service.client.files.with_raw_response
    return service.sent(lambda: files.create(file=(name, content, "application/jsonl"), purpose="fine-tune", **after).content)


def _as_hashed(path: Path, sha256: str) -> bytes:
    """Raises StateError where it isn't what was hashed any more: what trains has to be what was checked and priced."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StateError(f"{path}: has changed while it was going up; the same command writes it again")
    return content


def _in_parts(service: Service, path: Path, name: str, sha256: str) -> Sent:
    """By the Uploads API. What a cut-off attempt has left there expires by itself within an hour."""
    rules, size = service.provider.uploads, path.stat().st_size
    after = {"expires_after": {"anchor": "created_at", "seconds": 86400 * rules.expire_after_days}} if rules.expire_after_days else {}
    begun = service.send("/uploads", {"filename": name, "purpose": "fine-tune", "bytes": size, "mime_type": "application/jsonl", **after})
    if begun.outcome != "done":
        return begun
    upload, parts, seen = checked_id(begun.body.get("id")), [], hashlib.sha256()
    raw: Any = service.client.uploads.parts.with_raw_response
    for part in _parts(path, rules.part_bytes):
        seen.update(part)
        sent = service.sent(lambda part=part: raw.create(upload, data=("part", part)).content)  # type: ignore[misc]
        if sent.outcome != "done":
            service.send(f"/uploads/{upload}/cancel")
            return sent
        parts.append(checked_id(sent.body.get("id")))
    if seen.hexdigest() != sha256:
        service.send(f"/uploads/{upload}/cancel")
        raise StateError(f"{path}: has changed while it was going up; the same command writes it again")
    done = service.send(f"/uploads/{upload}/complete", {"part_ids": parts})
    file = done.body.get("file")
    return Sent("done", file) if done.outcome == "done" and isinstance(file, dict) else done


def _parts(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(size):
            yield part
