"""pywa, a client of the real Cloud API, uses the stand-in and understands its webhooks."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import httpx
import orjson
import pytest
from pywa import errors
from pywa.client import WhatsApp
from pywa.types.account_update import AccountUpdate
from pywa.types.base_update import BaseUpdate, RawUpdate
from pywa.types.callback import CallbackButton
from pywa.types.message import Message
from pywa.types.message_status import MessageStatus
from pywa.types.templates import (
    BodyText,
    HeaderImage,
    TemplateLanguage,
    TemplateQualityUpdate,
    TemplateStatusUpdate,
    URLButton,
)
from pywa.types.user_preferences import UserMarketingPreferences

from tests.contract.cloud_standin.stage import (
    ADA,
    BRUNO,
    CHIKA,
    SECRET,
    VERIFY,
    Sink,
    Stage,
    stage,
    stage_with_sink,
)
from whatsapp.cloud.standin.errors import CATALOGUE

T = TypeVar("T")
U = TypeVar("U", bound=BaseUpdate)

BUTTONS = ("button", "interactive")
OTHERS: dict[str, type[BaseUpdate]] = {
    "user_preferences": UserMarketingPreferences,
    "message_template_status_update": TemplateStatusUpdate,
    "message_template_quality_update": TemplateQualityUpdate,
    "account_update": AccountUpdate,
}


class ToStandIn(httpx.BaseTransport):
    """Sends what is meant for graph.facebook.com to the stand-in."""

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        request.headers["host"] = f"{self._url.host}:{self._url.port}"
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def pywa_for(scene: Stage) -> Iterator[WhatsApp]:
    with httpx.Client(transport=ToStandIn(scene.standin.url)) as session:
        yield WhatsApp(
            phone_id=scene.account["phone_number_id"],
            token=scene.account["token"],
            waba_id=scene.account["waba_id"],
            session=session,
        )


async def ask(scene: Stage, what: Callable[[WhatsApp], T]) -> T:
    """What pywa makes of the stand-in's answer; pywa waits in a thread, as it does not know how else."""

    def work() -> T:
        with pywa_for(scene) as client:
            return what(client)

    return await asyncio.to_thread(work)


def understood(scene: Stage, hook: Sink, kind: type[U]) -> list[U]:
    """Everything heard that pywa has this type for, one by one: it reads the first of a post alone."""
    with pywa_for(scene) as client:
        return [
            cast(U, kind.from_update(client=client, update=raw_update(single)))
            for _, raw in hook.posts
            for single in _one_by_one(orjson.loads(raw))
            if _is_for(single, kind)
        ]


def raw_update(single: dict[str, Any]) -> RawUpdate:
    return RawUpdate(orjson.dumps(single), hmac_header=None, update_hash="")


def _one_by_one(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in body["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            parts = [part for part in ("statuses", "messages", "user_preferences") if part in value]
            singles = [{**value, part: [item]} for part in parts for item in value[part]] or [value]
            for single in singles:
                yield {**body, "entry": [{**entry, "changes": [{**change, "value": single}]}]}


def _is_for(single: dict[str, Any], kind: type[BaseUpdate]) -> bool:
    change = single["entry"][0]["changes"][0]
    value = change["value"]
    if "messages" in value:
        wanted: type[BaseUpdate] = CallbackButton if value["messages"][0]["type"] in BUTTONS else Message
        return kind is wanted
    if change["field"] == "messages":
        return kind is MessageStatus
    return kind is OTHERS[change["field"]]


async def test_pywa_sends_texts_templates_and_files() -> None:
    async with stage() as scene:
        await scene.control("POST", f"people/{ADA}", {"window": "open"})
        text = await ask(scene, lambda client: client.send_message(to=ADA, text="Hello", tracker="k1"))
        assert text.id.startswith("wamid.")
        assert (text.chat.id, text.input) == (ADA[1:], ADA)
        picture = await ask(
            scene,
            lambda client: client.send_image(
                to=ADA, image=b"\xff\xd8\xff", mime_type="image/jpeg", caption="Look"
            ),
        )
        assert picture.id != text.id
        welcome = await ask(
            scene,
            lambda client: client.send_template(
                to=ADA,
                name="welcome",
                language=TemplateLanguage.ENGLISH,
                params=[BodyText.params(first_name="Ada", code="1234")],
                tracker="k2",
            ),
        )
        offer = await ask(
            scene,
            lambda client: client.send_template(
                to=ADA,
                name="spring",
                language=TemplateLanguage.ENGLISH,
                params=[
                    HeaderImage.params(image="https://ada.example/a.jpg"),
                    BodyText.params(*cast(Any, ("Ada", "20 %"))),
                    URLButton.params(url_variable="x7", index=1),
                ],
            ),
        )
        assert welcome.id != offer.id
        totals = await scene.received()
        assert totals["content"] == {
            "text": 1,
            "image": 1,
            "template:welcome:en": 1,
            "template:spring:en": 1,
        }


async def test_pywa_reads_numbers_templates_and_media() -> None:
    async with stage() as scene:
        number = await ask(scene, lambda client: client.get_business_phone_number())
        assert (number.display_phone_number, number.quality_rating) == (
            scene.account["display_phone_number"],
            "GREEN",
        )
        assert number.whatsapp_business_manager_messaging_limit == "TIER_UNLIMITED"
        templates = await ask(scene, lambda client: list(client.get_templates()))
        assert [one.name for one in templates] == ["welcome", "spring"]
        assert [type(part).__name__ for part in templates[1].components] == [
            "HeaderImage",
            "BodyText",
            "Buttons",
        ]
        media = await ask(
            scene,
            lambda client: client.upload_media(media=b"%PDF", mime_type="application/pdf", filename="a.pdf"),
        )
        url = await ask(scene, lambda client: client.get_media_url(media.id))
        assert (url.mime_type, url.file_size) == ("application/pdf", 4)
        assert await ask(scene, lambda client: client.get_media_bytes(url.url)) == b"%PDF"
        assert await ask(scene, lambda client: client.delete_media(media.id))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (131047, errors.ReEngagementMessage),
        (130429, errors.RateLimitHit),
        (131056, errors.TooManyMessages),
        (131050, errors.UserStoppedMarketingMessages),
        (190, errors.ExpiredAccessToken),
        (132015, errors.TemplatePaused),
    ],
)
async def test_pywa_knows_what_was_refused(code: int, error: type[errors.WhatsAppError]) -> None:
    async with stage() as scene:
        await scene.control("POST", "faults", {"kind": "code", "code": code})

        def refused(client: WhatsApp) -> errors.WhatsAppError:
            # Caught here: pywa's errors are frozen and do not survive a context manager.
            with pytest.raises(error) as caught:
                client.send_message(to=ADA, text="Hello")
            return caught.value

        raised = await ask(scene, refused)
        assert (raised.code, raised.status_code) == (code, CATALOGUE[code].status)
        assert raised.fbtrace_id


async def test_pywa_understands_statuses() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.control("POST", "behaviour", {"read_share": 1})
        sent = (await scene.template(biz_opaque_callback_data="k1")).json()["messages"][0]["id"]
        await scene.send(BRUNO)  # no window: fails
        await scene.control("POST", f"people/{CHIKA}", {"username": "chika.x"})
        await scene.template(CHIKA)
        await scene.told()
        statuses = understood(scene, hook, MessageStatus)
        ada = [one for one in statuses if one.id == sent]
        assert [one.status for one in ada] == ["sent", "delivered", "read"]
        assert {(one.tracker, one.from_user.wa_id) for one in ada} == {("k1", ADA[1:])}
        assert ada[0].pricing is not None
        assert ada[0].pricing.billable
        (failed,) = [one for one in statuses if one.status == "failed"]
        assert isinstance(failed.error, errors.ReEngagementMessage)


async def test_pywa_understands_what_people_write() -> None:
    async with stage_with_sink() as (scene, hook):
        sent = (await scene.template()).json()["messages"][0]["id"]
        await scene.told()
        hook.posts.clear()
        reply = f"people/{ADA}/reply"
        await scene.control("POST", reply, {"text": "Who are you?", "context": sent})
        await scene.control("POST", reply, {"media": {"mime": "image/png", "base64": "iVBORw0KGgo="}})
        await scene.control("POST", reply, {"button": {"text": "Stop", "payload": "stop"}, "context": "last"})
        await scene.control("POST", reply, {"choice": {"id": "yes", "title": "Yes"}})
        await scene.told()
        text, picture = understood(scene, hook, Message)
        assert (text.text, text.from_user.wa_id) == ("Who are you?", ADA[1:])
        assert text.reply_to_message is not None
        assert text.reply_to_message.id == sent
        assert picture.image is not None
        assert picture.image.mime_type == "image/png"
        stop, yes = understood(scene, hook, CallbackButton)
        assert (stop.data, yes.data, yes.title) == ("stop", "yes", "Yes")


async def test_pywa_understands_wishes_and_changes() -> None:
    async with stage_with_sink() as (scene, hook):
        listed = (await scene.graph("GET", f"{scene.account['waba_id']}/message_templates")).json()["data"]
        await scene.control("POST", f"people/{ADA}/stop")
        await scene.control("POST", f"people/{ADA}/resume")
        await scene.control("POST", f"templates/{listed[0]['id']}", {"status": "PAUSED", "quality": "RED"})
        await scene.control("POST", "account_updates", {"event": "ACCOUNT_RESTRICTION"})
        await scene.told()
        assert [bool(one) for one in understood(scene, hook, UserMarketingPreferences)] == [False, True]
        (paused,) = understood(scene, hook, TemplateStatusUpdate)
        assert (paused.new_status, paused.template_name) == ("PAUSED", "welcome")
        (worse,) = understood(scene, hook, TemplateQualityUpdate)
        assert worse.new_quality_score == "RED"
        (account,) = understood(scene, hook, AccountUpdate)
        assert account.event == "ACCOUNT_RESTRICTION"


async def test_pywa_accepts_the_signature_and_no_other() -> None:
    async with stage_with_sink() as (scene, hook):
        await scene.template()
        await scene.told()
        ((head, body),) = hook.posts
        with httpx.Client() as session:
            client = WhatsApp(
                phone_id="1", token="x", session=session, app_secret=SECRET, server=None, verify_token=VERIFY
            )
            signature = head.headers["x-hub-signature-256"]
            assert client.webhook_update_validator(body, signature) is None
            assert client.webhook_update_validator(body + b" ", signature) is not None
