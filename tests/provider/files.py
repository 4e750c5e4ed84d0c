"""Files that clients have put there, whole or in parts."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from provider.refusing import RefusedError


@dataclass
class StoredFile:
    id: str
    name: str
    purpose: str
    content: bytes
    expires_after_seconds: int | None = None
    created_at: int = field(default_factory=lambda: int(time.time()))

    @property
    def view(self) -> dict[str, Any]:
        expires = {} if self.expires_after_seconds is None else {"expires_at": self.created_at + self.expires_after_seconds}
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created_at,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
            **expires,
        }


@dataclass
class Upload:
    """Of a large file in parts."""

    id: str
    asked: dict[str, Any]
    status: str = "pending"
    parts: dict[str, bytes] = field(default_factory=dict)
    created_at: int = field(default_factory=lambda: int(time.time()))
    file: StoredFile | None = None

    @property
    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "upload",
            "bytes": self.asked["bytes"],
            "created_at": self.created_at,
            "filename": self.asked["filename"],
            "purpose": self.asked["purpose"],
            "status": self.status,
            "expires_at": self.created_at + 3600,
            "file": self.file.view if self.file else None,
        }


class Files:
    """By id. An id comes from the content, the name, and how many there were of the same."""

    def __init__(self) -> None:
        self.kept: dict[str, StoredFile] = {}
        self.uploads: dict[str, Upload] = {}
        self.uploaded = 0
        self._same: Counter[str] = Counter()

    def add(self, name: str, purpose: str, content: bytes, expires_after_seconds: int | None = None) -> StoredFile:
        if purpose == "fine-tune" and not name.endswith(".jsonl"):
            raise RefusedError(400, f"Invalid file format for Fine-Tuning API. Must be .jsonl: {name}", "invalid_file_format")
        file = StoredFile(f"file-{self._number(name, content)}", name, purpose, content, expires_after_seconds)
        self.kept[file.id] = file
        self.uploaded += purpose != "fine-tune-results"
        return file

    def get(self, id: str) -> StoredFile:
        if id not in self.kept:
            raise RefusedError(404, f"No such File object: {id}", None, "id")
        return self.kept[id]

    def delete(self, id: str) -> dict[str, Any]:
        self.get(id)
        del self.kept[id]
        return {"id": id, "object": "file", "deleted": True}

    def begin(self, asked: dict[str, Any]) -> Upload:
        upload = Upload(f"upload_{self._number(str(asked['filename']), repr(sorted(asked.items())).encode())}", asked)
        self.uploads[upload.id] = upload
        return upload

    def add_part(self, id: str, content: bytes) -> dict[str, Any]:
        upload = self.pending(id)
        part = f"part_{self._number(id, content)}"
        upload.parts[part] = content
        return {"id": part, "object": "upload.part", "created_at": upload.created_at, "upload_id": id}

    def complete(self, id: str, parts: list[str]) -> Upload:
        upload = self.pending(id)
        if unknown := [part for part in parts if part not in upload.parts]:
            raise RefusedError(400, f"No such part: {unknown[0]}")
        content = b"".join(upload.parts[part] for part in parts)
        if len(content) != upload.asked["bytes"]:
            raise RefusedError(400, f"The parts have {len(content)} bytes, expected {upload.asked['bytes']}")
        expires = (upload.asked.get("expires_after") or {}).get("seconds")
        upload.file = self.add(upload.asked["filename"], upload.asked["purpose"], content, expires)
        upload.status = "completed"
        upload.parts.clear()
        return upload

    def cancel(self, id: str) -> Upload:
        upload = self.pending(id)
        upload.status = "cancelled"
        return upload

    def pending(self, id: str) -> Upload:
        if id not in self.uploads:
            raise RefusedError(404, f"No such upload: {id}")
        if self.uploads[id].status != "pending":
            raise RefusedError(400, f"The upload is {self.uploads[id].status}")
        return self.uploads[id]

    def _number(self, name: str, content: bytes) -> str:
        same = hashlib.sha256(name.encode("utf-8", "replace") + b"\0" + content).hexdigest()
        self._same[same] += 1
        return hashlib.sha256(f"{same} {self._same[same]}".encode()).hexdigest()[:24]
