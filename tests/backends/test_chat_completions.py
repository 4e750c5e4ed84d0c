from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from chat_server import ChatServer, Request, Response, completion, failure, serving

from ftexp.backends.hosted.chat_completions import answers
from ftexp.backends.hosted.completion import MalformedError, reply_of
from ftexp.backends.hosted.endpoint import Endpoint
from ftexp.backends.hosted.keeping import kept_beside
from ftexp.backends.hosted.patience import Patience, asked_wait
from ftexp.backends.kept import Batch, KeptBatches
from ftexp.backends.results import Answers, Generation, Reply
from ftexp.data.messages import Message, ToolCall
from ftexp.errors import ConfigError, FtexpError, ModelError

KEY = "-".join(("sk", "test", "0123456789" * 3))
NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


@dataclass
class Asker:
    """Asks a server about items 0, 1, 2, … and never really waits; `waits` has the seconds that it would have waited."""

    server: ChatServer
    kept: KeptBatches | None = None
    patience: Patience = field(default_factory=Patience)
    waits: list[float] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)

    def endpoint(self) -> Endpoint:
        return Endpoint(self.server.base_url, "model-1", "SOME_API_KEY", KEY)

    def ask(self, count: int, in_flight: int = 4, endpoint: Endpoint | None = None) -> Answers:
        return self.ask_prompts([[Message("user", str(i))] for i in range(count)], in_flight, endpoint)

    def ask_prompts(self, prompts: list[list[Message]], in_flight: int = 4, endpoint: Endpoint | None = None) -> Answers:
        generation = Generation(max_new_tokens=50, batch_size=1)
        tools = (self.kept, self.patience, Random(1), self._sleep)
        return answers(endpoint or self.endpoint(), prompts, generation, in_flight, self._reached, *tools)

    def _reached(self, done: int, remark: str) -> None:
        self.remarks.append((done, remark))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


def right(request: Request) -> Response:
    return completion(f"answer {request.item}")


def first(failed: Response, item: str = "1", times: int = 1) -> Callable[[Request], Response]:
    """One item fails so many times, everything else is answered."""
    return lambda r: failed if r.item == item and r.number <= times else right(r)


def texts(found: Answers) -> list[str]:
    return [r.text for r in found.replies]


def all_right(count: int) -> list[str]:
    return [f"answer {i}" for i in range(count)]


def test_replies_come_in_the_order_of_the_items_with_their_tokens_and_seconds() -> None:
    with serving(right) as server:
        asker = Asker(server)
        found = asker.ask(30, in_flight=8)
    assert texts(found) == all_right(30)
    assert found.batch_plan == tuple((i,) for i in range(30))
    assert {(r.tokens_in, r.tokens_out, r.error, r.first_token_seconds) for r in found.replies} == {(7, 3, "", None)}
    assert all(r.seconds and 0 < r.seconds < found.seconds for r in found.replies)
    assert [done for done, _ in asker.remarks] == list(range(1, 31))


def test_the_request_has_the_model_the_whole_prompt_and_temperature_0() -> None:
    call = ToolCall("c1", "look_up", '{"of": "tea"}')
    prompt = [
        Message("system", "Be short.", weight=None),
        Message("user", "Price?", name="Mo"),
        Message("assistant", "", weight=0, tool_calls=(call,)),
        Message("tool", "3 €", tool_call_id="c1"),
        Message("user", "茶？"),
    ]
    with serving(right) as server:
        Asker(server).ask_prompts([prompt])
        Asker(server).ask(1, endpoint=replace(Asker(server).endpoint(), limit_name="max_tokens"))
    sent = server.requests[0].json
    function = {"name": "look_up", "arguments": '{"of": "tea"}'}
    assert sent == {
        "model": "model-1",
        "temperature": 0,
        "max_completion_tokens": 50,
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "Price?", "name": "Mo"},
            {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
            {"role": "tool", "content": "3 €", "tool_call_id": "c1"},
            {"role": "user", "content": "茶？"},
        ],
    }
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert {"max_tokens": 50}.items() <= server.requests[1].json.items()


def test_as_many_requests_as_allowed_are_in_flight_and_never_more() -> None:
    together = threading.Barrier(5)

    def wait_for_the_others(request: Request) -> Response:
        together.wait(timeout=30)
        return right(request)

    with serving(wait_for_the_others) as server:
        found = Asker(server).ask(20, in_flight=5)
    assert texts(found) == all_right(20)
    assert server.most_in_flight == 5


PASSING = {
    "an internal error": failure(500),
    "a bad gateway": failure(502),
    "an unavailable service": failure(503),
    "a cut connection": replace(completion("half of this"), cut=True),
    "malformed JSON": Response(b'{"choices": [{"mess'),
    "a page": Response(b"<html>busy</html>", headers={"Content-Type": "text/html"}),
    "JSON of another kind": Response(b"[1, 2]"),
    "deeply nested JSON": Response(b"[" * 100_000),
    "no choices": Response(b'{"choices": []}'),
    "no message": Response(b'{"choices": [{"finish_reason": "stop"}]}'),
    "bytes that aren't packed as they say": Response(b"plain", headers={"Content-Encoding": "gzip"}),
    "a limit of the rate": failure(429),
}


@pytest.mark.parametrize("fault", PASSING)
def test_an_item_that_failed_is_asked_again_and_answered_once(fault: str) -> None:
    with serving(first(PASSING[fault], times=2)) as server:
        asker = Asker(server)
        found = asker.ask(6, in_flight=2)
    assert texts(found) == all_right(6)
    assert server.asked.count("1") == 3
    assert len(server.asked) == 8
    assert len(asker.waits) == 2


def test_under_all_faults_at_once_each_item_is_answered_once_and_never_asked_after_that(tmp_path: Path) -> None:
    chance, faults = Random(3), list(PASSING.values())
    with serving(lambda r: chance.choice(faults) if r.number < 4 and chance.random() < 0.3 else right(r)) as server:
        found = Asker(server, KeptBatches(tmp_path / "kept")).ask(150, in_flight=16)
    assert texts(found) == all_right(150)
    whole = Counter(request.item for request, response in server.sent if response not in faults)
    assert whole == {str(i): 1 for i in range(150)}
    assert not any(response in faults for response in {request.item: response for request, response in server.sent}.values())
    assert server.most_in_flight <= 16


def test_a_server_that_hangs_is_left_after_a_while_and_asked_again() -> None:
    with serving(first(Response(b"", hangs=True))) as server:
        found = Asker(server, patience=Patience(request_seconds=0.5)).ask(3)
    assert texts(found) == all_right(3)


def test_an_item_without_an_answer_is_unscored_with_its_reason_and_asked_again_by_another_attempt(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with serving(first(failure(500, "out of luck"), times=3)) as server:
        found = Asker(server, kept, Patience(tries=3)).ask(4)
        assert found.replies[1].error == "no answer in 3 tries; the last: 500: out of luck"
        assert texts(found) == ["answer 0", "", "answer 2", "answer 3"]
        assert texts(Asker(server, kept).ask(4)) == all_right(4)
    assert sorted(server.asked) == ["0", "1", "1", "1", "1", "2", "3"]


def test_waits_double_up_to_the_longest_and_are_spread_by_chance() -> None:
    with serving(first(failure(500), "0", times=7)) as server:
        asker = Asker(server, patience=Patience(tries=8, longest_wait_seconds=4))
        asker.ask(1)
    longest = [0.5, 1, 2, 4, 4, 4, 4]
    assert all(most / 2 <= wait <= most for wait, most in zip(asker.waits, longest, strict=True))
    assert len({round(wait, 6) for wait in asker.waits[3:]}) == 4


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_says_how_long_to_wait_is_not_asked_before(status: int) -> None:
    with serving(first(failure(status, Retry_After="17"))) as server:
        asker = Asker(server)
        assert texts(asker.ask(3)) == all_right(3)
    assert [17 <= wait <= 18.7 for wait in asker.waits] == [True]
    assert "waiting, as the service asks" in [remark for _, remark in asker.remarks]


def test_while_one_waits_for_the_rate_limit_nobody_asks() -> None:
    with serving(first(failure(429), "0")) as server:
        asker, seen = Asker(server), list[int]()

        async def watch(seconds: float) -> None:
            await asyncio.sleep(0.05)  # for what was in flight already
            seen.append(len(server.requests))
            await asyncio.sleep(0.2)
            seen.append(len(server.requests))

        asker._sleep = watch  # type: ignore[method-assign]
        assert texts(asker.ask(50, in_flight=2)) == all_right(50)
    before, after = seen
    assert before == after < 50


def test_what_a_service_asks_to_wait_is_seconds_milliseconds_or_a_date() -> None:
    date = "Wed, 25 Nov 2026 12:00:30 GMT"
    assert asked_wait({"retry-after": "2.5"}, NOW) == 2.5
    assert asked_wait({"retry-after": "2", "retry-after-ms": "1500"}, NOW) == 1.5
    assert asked_wait({"retry-after": date}, NOW) == 30
    assert asked_wait({"retry-after": date, "date": "Wed, 25 Nov 2026 12:00:20 GMT"}, NOW) == 10  # by the service's own clock
    assert asked_wait({"retry-after": "Wed, 25 Nov 2026 11:00:00 GMT"}, NOW) == 0
    nonsense = ("", "soon", "-3", "nan", "inf", "1e999", "Wed, 99 Nov 2026 12:00:30 GMT", "\x1b[2J")
    assert [asked_wait({"retry-after": text}, NOW) for text in nonsense] == [None] * len(nonsense)


def test_a_service_that_asks_for_hours_or_says_busy_without_end_stops_the_whole() -> None:
    with (
        serving(lambda r: failure(429, "come back tomorrow", retry_after="43200")) as server,
        pytest.raises(ModelError, match=r"come back tomorrow; it asks to wait for 43200 s\. 0 of 3 items are done; the same command"),
    ):
        Asker(server).ask(3)
    with serving(lambda r: failure(429)) as server, pytest.raises(ModelError, match="no answer came after 10 waits in a row"):
        Asker(server).ask(3, in_flight=1)
    assert len(server.requests) == 11


def test_a_service_that_is_down_stops_the_whole_before_every_item_is_given_up(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with (
        serving(lambda r: right(r) if int(r.item) < 5 else failure(502)) as server,
        pytest.raises(ModelError, match="10 items in a row got no answer"),
    ):
        Asker(server, kept).ask(100, in_flight=2)
    assert sorted(kept.read()) == [0, 1, 2, 3, 4]


def test_only_failures_in_a_row_end_the_whole() -> None:
    with serving(lambda r: failure(429) if r.number == 1 else right(r)) as server:
        assert texts(Asker(server).ask(12, in_flight=1)) == all_right(12)
    with serving(lambda r: failure(500) if int(r.item) % 2 else right(r)) as server:
        found = Asker(server, patience=Patience(tries=2)).ask(24, in_flight=1)
    assert [bool(r.error) for r in found.replies] == [False, True] * 12


STOPS = {
    401: "expected a valid key in SOME_API_KEY",
    402: "SOME_API_KEY has no money or quota left",
    403: "the key in SOME_API_KEY may not use model-1",
    404: "expected a model model-1 at this address",
}


@pytest.mark.parametrize("status", STOPS)
def test_what_no_other_try_can_mend_stops_the_whole_and_names_the_variable(status: int) -> None:
    with (
        serving(lambda r: failure(status, f"You sent {KEY}.\n\x1b[2J Go away.")) as server,
        pytest.raises(FtexpError, match=STOPS[status]) as caught,
    ):
        Asker(server).ask(40, in_flight=3)
    assert f"{server.base_url}: {status}: You sent [redacted key]. [2J Go away.;" in str(caught.value)
    assert KEY not in repr(caught.value) and len(server.requests) <= 6


def test_a_used_up_quota_is_no_rate_limit() -> None:
    with (
        serving(lambda r: failure(429, "You exceeded your quota", "insufficient_quota", Retry_After="1")) as server,
        pytest.raises(ModelError, match="this is no rate limit"),
    ):
        Asker(server).ask(5, in_flight=1)
    assert len(server.requests) == 1


def test_a_parameter_that_the_service_does_not_know_stops_the_whole() -> None:
    with (
        serving(lambda r: failure(400, "Use 'max_tokens'", "unsupported_parameter")) as server,
        pytest.raises(ModelError, match="the limit of tokens was sent as max_completion_tokens"),
    ):
        Asker(server).ask(5, in_flight=1)
    assert len(server.requests) == 1


def test_a_refused_item_is_unscored_with_the_reason_and_never_asked_again(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with serving(first(failure(400, f"bad words, {KEY}", "content_filter"), times=99)) as server:
        found = Asker(server, kept).ask(3)
        assert Asker(server, kept).ask(3).replies == found.replies
    assert found.replies[1].error == "400: bad words, [redacted key]"
    assert len(server.requests) == 3


def test_no_redirect_is_followed() -> None:
    with (
        serving(right) as other,
        serving(lambda r: failure(307, location=f"{other.base_url}/chat/completions")) as server,
        pytest.raises(ModelError, match="redirects aren't followed"),
    ):
        Asker(server).ask(3)
    assert other.requests == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(right) as proxy, serving(right) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base_url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert texts(Asker(server).ask(2)) == all_right(2)
    assert proxy.requests == []


def test_another_attempt_asks_only_what_is_missing(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with serving(lambda r: failure(401) if r.item == "5" else right(r)) as server, pytest.raises(ModelError):
        Asker(server, kept).ask(9, in_flight=1)
    with serving(right) as server:
        asker = Asker(server, kept)
        assert texts(asker.ask(9)) == all_right(9)
        assert sorted(server.asked) == ["5", "6", "7", "8"]
        assert asker.remarks[0][0] == 6
        assert texts(Asker(server, kept).ask(9)) == all_right(9)
    assert len(server.requests) == 4


def test_an_interrupt_ends_what_is_in_flight_and_leaves_what_came(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")

    def interrupt(request: Request) -> Response:
        if request.item != "3":
            return right(request)
        os.kill(os.getpid(), signal.SIGINT)
        return Response(b"", hangs=True)

    with serving(interrupt) as server, pytest.raises(KeyboardInterrupt):
        Asker(server, kept).ask(6, in_flight=1)
    assert sorted(kept.read()) == [0, 1, 2]


def test_an_interrupt_between_two_answers_loses_none(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with serving(right) as server:
        asker = Asker(server, kept)

        def stop_at_four(done: int, remark: str) -> None:
            if done == 4:
                raise KeyboardInterrupt

        asker._reached = stop_at_four  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            asker.ask(50, in_flight=3)
    assert len(kept.read()) == 4


def test_a_disk_that_takes_no_more_ends_it(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "missing" / "kept")
    batch = Batch(number=0, replies=(), seconds=0)
    with pytest.raises(FileNotFoundError), kept_beside(kept) as keep:
        while True:
            keep(batch)
    with pytest.raises(FileNotFoundError), kept_beside(kept) as keep:
        keep(batch)  # the last one
    with serving(right) as server, pytest.raises(FileNotFoundError):
        Asker(server, kept).ask(3)


def test_batches_that_come_during_a_write_are_all_kept_when_it_ends(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with kept_beside(kept) as keep:
        for number in range(500):
            keep(Batch(number=number, replies=(), seconds=0.5))
    assert list(kept.read()) == list(range(500))


def test_the_seconds_of_all_attempts_add_up(tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    kept.keep(Batch(number=0, replies=(Reply(text="before", tokens_in=1, tokens_out=1),), seconds=1000))
    with serving(right) as server:
        found = Asker(server, kept).ask(2)
    assert found.replies[0].text == "before"
    assert found.seconds == pytest.approx(sum(b.seconds for b in kept.read().values()), abs=100)


def test_the_key_is_in_no_kept_file_and_no_remark_even_where_the_service_says_it(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with serving(lambda r: completion(f"Your key is {KEY}") if r.item == "0" else failure(422, KEY)) as server:
        asker = Asker(server, KeptBatches(path))
        found = asker.ask(2)
    assert texts(found)[0] == "Your key is [redacted key]"
    assert KEY not in path.read_text(encoding="utf-8") + repr((found, asker.remarks, asker.endpoint()))


def test_a_placeholder_for_a_key_changes_no_text() -> None:
    with serving(lambda r: completion("The shelf is EMPTY.")) as server:
        found = Asker(server).ask(1, endpoint=replace(Asker(server).endpoint(), key="EMPTY"))
    assert texts(found) == ["The shelf is EMPTY."]


@pytest.mark.parametrize("key", ["", f"{KEY}\n", f"{KEY} {KEY}", f"{KEY}é", f'{KEY}"', f"{KEY}\\"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with serving(right) as server, pytest.raises(ConfigError, match="SOME_API_KEY") as caught:
        Asker(server).ask(1, endpoint=replace(Asker(server).endpoint(), key=key))
    assert KEY not in str(caught.value) and server.requests == []


@pytest.mark.parametrize(
    "base_url", ["http://example.com/v1", "https://", "ftp://localhost/v1", "https://me:word@example.com/v1", "http://[::1"]
)
def test_an_address_that_is_not_safe_for_a_key_is_refused(base_url: str) -> None:
    with serving(right) as server, pytest.raises(ConfigError, match="base_url") as caught:
        Asker(server).ask(1, endpoint=replace(Asker(server).endpoint(), base_url=base_url))
    assert "word" not in str(caught.value).replace("password", "")


def test_a_refusal_is_what_the_model_said() -> None:
    assert reply_of(completion(None, refusal="I can't help with that.").body, 1.0).text == "I can't help with that."


def test_an_empty_answer_is_an_answer() -> None:
    for content in ("", None):
        reply = reply_of(completion(content).body, 1.0)
        assert (reply.text, reply.error, reply.seconds) == ("", "", 1.0)


def test_an_answer_cut_at_the_limit_is_scored_unless_nothing_came() -> None:
    assert reply_of(completion("The first ha", "length").body, 1.0).text == "The first ha"
    assert reply_of(completion("", "length").body, 1.0).error.startswith("the limit of tokens was used up before any text came")


def test_an_answer_that_a_content_filter_held_back_is_unscored() -> None:
    reply = reply_of(completion("The first ha", "content_filter").body, 1.0)
    assert (reply.text, reply.error) == ("", "the service's content filter held the answer back")


@pytest.mark.parametrize("usage", ["null", "7", "{}", '{"prompt_tokens": "9", "completion_tokens": -1}', '{"prompt_tokens": 1e400}'])
def test_tokens_that_are_not_counted_are_0(usage: str) -> None:
    body = f'{{"choices": [{{"message": {{"content": "Yes"}}}}], "usage": {usage}}}'
    reply = reply_of(body.encode(), 1.0)
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("Yes", 0, 0)


@pytest.mark.parametrize("text", ["\ud83d half", "\x00\x1b[2J", "x" * 1_000_000, "\U0001f600", "=1+1"])
def test_a_hostile_text_is_kept_and_read_again(text: str, tmp_path: Path) -> None:
    kept = KeptBatches(tmp_path / "kept")
    with serving(lambda r: completion(text)) as server:
        found = Asker(server, kept).ask(1)
        assert Asker(server, kept).ask(1).replies == found.replies
    assert texts(found) == [text.replace("\ud83d", "\ufffd")]
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", ["3", "[]", "{}", "true"])
def test_content_that_is_no_text_is_malformed(content: str) -> None:
    with pytest.raises(MalformedError, match="isn't text"):
        reply_of(f'{{"choices": [{{"message": {{"content": {content}}}}}]}}'.encode(), 1.0)


def test_a_prompt_that_cannot_be_sent_is_unscored_with_the_reason() -> None:
    with serving(right) as server:
        found = Asker(server).ask_prompts([[Message("user", "\ud83d")], [Message("user", "1")]])
    assert "lone surrogate" in found.replies[0].error
    assert texts(found) == ["", "answer 1"]
