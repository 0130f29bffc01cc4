"""Message templates, and what fills them, as JSON columns."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from domain.delivery.template_values import Always, CampaignTemplate, Filling, FromColumn
from domain.delivery.templates import (
    Button,
    ButtonKind,
    HeaderKind,
    MessageTemplate,
    Slot,
    TemplateCategory,
    TemplateStatus,
)
from domain.pacing.channel_limits import Quality

Json = Mapping[str, Any]


def template_to_json(template: MessageTemplate) -> Json:
    return asdict(template)


def template_from_json(value: Json) -> MessageTemplate:
    buttons = [Button(**{**one, "kind": ButtonKind(one["kind"])}) for one in value["buttons"]]
    words = {
        "status": TemplateStatus(value["status"]), "category": TemplateCategory(value["category"]),
        "quality": Quality(value["quality"]), "header": HeaderKind(value["header"]),
    }  # fmt: skip
    return MessageTemplate(
        **{**value, **words, "buttons": tuple(buttons), "foreign": tuple(value["foreign"])}
    )


def chosen_to_json(chosen: CampaignTemplate | None) -> Json | None:
    if chosen is None:
        return None
    values = {slot: asdict(filling) for slot, filling in chosen.values.items()}
    return {"id": chosen.id, "name": chosen.name, "language": chosen.language, "values": values}


def chosen_from_json(value: Json | None) -> CampaignTemplate | None:
    if value is None:
        return None
    values = {Slot(slot): _filling(filling) for slot, filling in value["values"].items()}
    return CampaignTemplate(id=value["id"], name=value["name"], language=value["language"], values=values)


def _filling(value: Json) -> Filling:
    return Always(**value) if "text" in value else FromColumn(**value)
