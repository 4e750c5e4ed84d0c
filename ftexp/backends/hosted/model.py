"""A model of a service as a run sees it: files go up, one job is created, followed to its end, and its model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from ftexp.backends.base import Order, Reached, Tuned
from ftexp.backends.hosted.endpoint import Endpoint, endpoint_of
from ftexp.backends.hosted.patience import Patience
from ftexp.backends.kept import KeptBatches
from ftexp.backends.providers import OpenAIProvider
from ftexp.backends.results import Answers, Checkpoint, Generation, HostedModel, Losses, Point, TrainingResult
from ftexp.backends.stopping import BestMetric, best_of
from ftexp.data.jsonl import lines_of
from ftexp.data.messages import Example, Message
from ftexp.errors import ConfigError, NothingBeganError, ServiceError, SubmittedError, WaitingError
from ftexp.presets import Resolved
from ftexp.values import digest

if TYPE_CHECKING:
    from ftexp.backends.hosted.following import Followed
    from ftexp.backends.hosted.job_order import JobOrder
    from ftexp.backends.hosted.job_record import Job
    from ftexp.backends.hosted.service import Service
    from ftexp.config import Training
    from ftexp.steps import Steps

NO_LOSSES = "a service gives no likelihoods"


@dataclass(frozen=True)
class ServiceModel:
    """A model behind an address. Its identity is that address and its name there; what a service does with them is its own."""

    name: str
    provider: OpenAIProvider

    @property
    def revision(self) -> str:
        return digest("service", self.provider.base_url.rstrip("/"), self.provider.model)

    @property
    def machine(self) -> None:
        return None

    @property
    def place(self) -> tuple[str, int]:
        return "service", 0

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.provider.learning_rate, self.provider.more_hyperparameters, self.provider.best_checkpoint

    def check(self, method: Literal["supervised", "dpo"], hyperparameters: Resolved, seed: int, training: Training) -> None:
        if training.early_stopping is not None:
            raise ConfigError("training.early_stopping: a service trains all its epochs; expected null, or a model on this machine")
        if training.start_from is not None:
            raise ConfigError("training.start_from: a service doesn't take adapters; expected null, or a model on this machine")
        if "reward" in training.best_metric:
            raise ConfigError(f"training.best_metric: a service doesn't tell {training.best_metric}; expected validation/loss")
        if self.provider.learning_rate is not None and hyperparameters.learning_rate_multiplier == "provider_auto":
            raise ConfigError(
                "hyperparameters.learning_rate_multiplier: found provider_auto, but this service wants a rate of its own "
                f"(model.provider.learning_rate is {self.provider.learning_rate}); expected a number"
            )

    def endpoint(self, answers_as: str) -> Endpoint:
        """Raises ConfigError where the key is missing, unfit, or not for this address."""
        return endpoint_of(self.provider, answers_as)

    def service(self, step: Steps) -> Service:
        from ftexp.backends.hosted.service import Service

        return Service(self.provider, self.endpoint(self.provider.model), step.pause, step.progress.say)

    def train(self, order: Order, step: Steps) -> TrainingResult:
        """One job, whatever happens on the way. With `wait: false` it is left to itself as soon as it is created."""
        from ftexp.backends.hosted.following import BadEndError
        from ftexp.backends.hosted.job_creation import create_once
        from ftexp.backends.hosted.job_record import attempt_of, job_on_record, note_end

        service = self.service(step)
        try:
            if job_on_record(step.state.journal, order.key) is None:
                self.preflight(service)
            attempt = attempt_of(step.state.journal, order.key, order.retry_failed)
            wanted = self._ordered(service, order, attempt, step)
            job = create_once(service, wanted, step)
            if not self.provider.wait:
                raise SubmittedError(f"{service.host}: job {job.id} was created; go on with it later: ftexp resume {step.run}")
            try:
                found = self._followed(service, wanted, job, step)
            except BadEndError as error:
                note_end(step.state.journal, wanted, job.model_copy(update={"ended": error.ended, "reason": error.reason}))
                if error.ended == "failed":
                    step.nothing_spent()
                raise
            return self._result(service, wanted, job, found, order.training.best_metric)
        except NothingBeganError:
            step.nothing_spent()
            raise
        finally:
            service.close()

    def preflight(self, service: Service) -> None:
        """Whether the key is taken and the model is there, before anything goes up. Raises ServiceError where not."""
        from ftexp.backends.hosted.service import GoneError

        try:
            found = service.read(f"/models/{self.provider.model}")
        except WaitingError as error:
            raise ServiceError(f"{'; '.join(error.faults)}; nothing was sent yet") from error
        except GoneError:
            self._check_list(service)
            return
        ends = found.get("shutdown_date")
        if isinstance(ends, str) and ends:
            service.say(f"warning: {service.host} says that {self.provider.model} stops on {service.endpoint.shown(ends)}")

    def _check_list(self, service: Service) -> None:
        """A service may not tell of one model, or not list any; only where it lists others is this one known to be missing."""
        from ftexp.backends.hosted.service import GoneError

        try:
            names = [str(each.get("id")) for each in service.listed("/models")]
        except (GoneError, ServiceError):
            return
        if names and self.provider.model not in names:
            near = get_close_matches(self.provider.model, names, n=1, cutoff=0.3)
            hint = f"; the nearest there is {service.endpoint.shown(near[0])}" if near else ""
            raise ServiceError(f"model.provider.model: {service.host} has no {self.provider.model}{hint}")

    def _ordered(self, service: Service, order: Order, attempt: int, step: Steps) -> JobOrder:
        from ftexp.backends.hosted.job_order import JobOrder
        from ftexp.backends.hosted.uploads import upload

        apart = "" if self.provider.job_metadata else digest(order.key, attempt)
        training = upload(service, lines_of(order.train).encode(), apart, step)
        validation = upload(service, lines_of(order.validation).encode(), "", step) if order.validation else None
        how, h = order.training, order.hyperparameters
        return JobOrder(order.key, attempt, order.name, self.provider.model, how.method, training, validation, h, order.seed, how.beta)

    def _followed(self, service: Service, order: JobOrder, job: Job, step: Steps) -> Followed:
        from ftexp.backends.hosted.following import follow
        from ftexp.tracking.events import figures_of

        def report(point: Point) -> None:
            step.tell(*figures_of(point, one_by_one=True))

        with step.progress.task("training", 100) as reached:
            return follow(service, job.id, step.state.folder("training", order.key), report, reached)

    def _result(self, service: Service, order: JobOrder, job: Job, found: Followed, best_metric: BestMetric) -> TrainingResult:
        from ftexp.backends.hosted.uploads import remove

        if self.provider.uploads.delete_afterwards:
            for file in filter(None, (order.training_file, order.validation_file)):
                remove(service, file)
        best = best_checkpoint(found.checkpoints, best_metric) if self.provider.best_checkpoint else None
        hosted = HostedModel(
            service=self.provider.base_url,
            job=job.id,
            model=best.model if best else found.model,
            checkpoints=found.checkpoints,
            hyperparameters=found.hyperparameters,
            billed_tokens=found.billed_tokens,
            partial=found.partial,
        )
        return TrainingResult(
            curve=found.curve,
            hosted=hosted,
            best_step=best.step if best else found.steps,
            steps=found.steps,
            planned_steps=found.steps,
            trained_tokens=found.billed_tokens,
            seconds=found.seconds,
        )

    def subject(self, tuned: Tuned | None) -> ServiceSubject:
        assert tuned is None or isinstance(tuned, str), "a directory is this machine's"
        return ServiceSubject(self, tuned)


def best_checkpoint(checkpoints: Sequence[Checkpoint], metric: BestMetric) -> Checkpoint | None:
    """By the figure over all validation examples where each has it, else by that of one batch. None where there is nothing to compare."""
    for name in (metric.replace("validation/", "validation/full_"), metric):
        measured = {c.step: c.figures[name] for c in checkpoints if name in c.figures}
        if len(measured) == len(checkpoints) > 1:
            step = best_of(measured, metric)
            return next(c for c in checkpoints if c.step == step)
    return None


@dataclass(frozen=True)
class ServiceSubject:
    """The base model of a service, or a `tuned` one there."""

    model: ServiceModel
    tuned: str | None

    def answers(
        self, prompts: Sequence[Sequence[Message]], generation: Generation, reached: Reached, kept: KeptBatches | None = None
    ) -> Answers:
        """Raises WaitingError for a tuned model that somebody has to deploy first."""
        from ftexp.backends.hosted.chat_completions import answers

        provider = self.model.provider
        patience = Patience(appears_within_seconds=60 * provider.answers_within_minutes if self.tuned else 0)
        endpoint = self.model.endpoint(self._answers_as())
        return answers(endpoint, prompts, generation, provider.requests_in_flight, reached, kept, patience)

    def losses(self, examples: Sequence[Example], reached: Reached) -> Losses:
        return Losses(values=(None,) * len(examples), seconds=0.0, missing=NO_LOSSES)

    def _answers_as(self) -> str:
        provider = self.model.provider
        if self.tuned is None:
            return provider.deployments.base or provider.model
        if provider.tuned_answers == "once_deployed" and provider.deployments.tuned is None:
            raise WaitingError(
                f"{self.tuned}: is trained, and answers once it is deployed; deploy it, then go on with: "
                "ftexp resume RUN model.provider.deployments.tuned=NAME_OF_THE_DEPLOYMENT"
            )
        return provider.deployments.tuned or self.tuned
