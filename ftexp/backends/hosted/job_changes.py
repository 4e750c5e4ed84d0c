"""A job that is there is cancelled, held or let go on."""

from __future__ import annotations

from ftexp.backends.hosted.service import GoneError, Service, checked_id
from ftexp.errors import ServiceError

REACHED = {"cancel": ("cancelled", "cancelling"), "pause": ("paused", "pausing"), "resume": ("queued", "running", "succeeded")}


def change(service: Service, job: str, wish: str) -> None:
    """`wish` is cancel, pause or resume. Raises ServiceError where the service doesn't do it."""
    path = f"/fine_tuning/jobs/{checked_id(job)}"
    sent = service.send(f"{path}/{wish}")
    if sent.outcome == "done":
        return
    try:
        status = service.read(path).get("status")
    except GoneError:
        status = "gone"
    if status not in REACHED[wish]:
        raise ServiceError(f"{service.host}: can't {wish} job {job}, which is {service.endpoint.shown(str(status))} ({sent.reason})")
