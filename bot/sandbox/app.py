"""The sandbox as one web application: Bot API, page API, chat page."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from bot.sandbox.admin import admin_routes
from bot.sandbox.api import BotApi
from bot.sandbox.guard import LoopbackGuard
from bot.sandbox.pages import Pages
from bot.sandbox.state import Sandbox, SandboxConfig


class _ChatId(Convertor[int]):
    """Groups have negative ids."""

    regex = "-?[0-9]{1,16}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def build_sandbox(
    config: SandboxConfig | None = None,
    *,
    sandbox: Sandbox | None = None,
    routes: Sequence[BaseRoute] = (),
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The application; `app.state.sandbox` is its `Sandbox`. `routes` (the phones) are mounted beside."""
    register_url_convertor("chat_id", _ChatId())
    state = sandbox or Sandbox(config)
    app = Starlette(
        routes=[*routes, *admin_routes(state), *Pages(state).routes()],
        middleware=[
            Middleware(LoopbackGuard, hosts=state.config.hosts),
            Middleware(BotApi, sandbox=state),
        ],
        lifespan=lifespan,
    )
    app.state.sandbox = state
    return app
