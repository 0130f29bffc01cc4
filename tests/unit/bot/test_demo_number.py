"""The demo's official number can be added with what the demo prints."""

from bot import demo_number
from bot.composition import official_standin
from domain.delivery.templates import TemplateStatus
from tests.crash.processes import free_port
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.graph import CloudGraph


async def test_the_number_and_the_token_of_the_demo_are_good_together() -> None:
    port = free_port()
    async with official_standin(port, seed=7), build_cloud_client() as client:
        line = CloudLine(
            base_url=f"http://127.0.0.1:{port}/v23.0", phone_number_id=demo_number.ID,
            token=lambda: demo_number.TOKEN,
        )  # fmt: skip
        graph = CloudGraph(client, line)
        info = await graph.number()
        await graph.check_permissions()
        assert info.waba_id is not None
        templates = (await graph.templates(info.waba_id)).templates
    assert info.name == "Ada's Flowers"
    assert {one.status for one in templates} == {TemplateStatus.APPROVED}
    assert sorted(len(one.slots) for one in templates) == [1, 2]
