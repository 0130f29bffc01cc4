"""Templates made, paused and edited by hand: what Meta's reviewers do."""

from typing import Any

from whatsapp.cloud.standin import payloads
from whatsapp.cloud.standin.estate import QUALITIES
from whatsapp.cloud.standin.templates import STATUSES, Shape, Template, shape_of
from whatsapp.cloud.standin.wishes import BadWish, known_only, one_of
from whatsapp.cloud.standin.world import World

Json = dict[str, Any]


def add_template(world: World, wish: Json) -> Json:
    """A template as Meta lists it: name, language, category, status, components, parameter_format."""
    known_only(
        wish,
        "waba_id",
        "id",
        "name",
        "language",
        "category",
        "status",
        "components",
        "parameter_format",
        "quality",
        "rejected_reason",
    )
    waba = world.wabas.get(str(wish.get("waba_id") or next(iter(world.wabas), "")))
    if waba is None or not wish.get("name"):
        raise BadWish("waba_id and name are needed")
    components = wish.get("components", [{"type": "BODY", "text": "Hello!"}])
    shape = shape_of(components)
    named = wish.get("parameter_format") == "NAMED"
    template = Template(
        id=str(wish.get("id") or world.object_id(3)),
        name=str(wish["name"]),
        language=str(wish.get("language", "en")),
        category=str(wish.get("category", "MARKETING")).upper(),
        status=one_of(wish.get("status", "APPROVED"), STATUSES, "status"),
        components=[exemplified(part, shape, named) for part in components],
        parameter_format=one_of(
            wish.get("parameter_format", "POSITIONAL"), frozenset({"POSITIONAL", "NAMED"}), "parameter_format"
        ),
        quality=one_of(wish.get("quality", "GREEN"), QUALITIES, "quality"),
        rejected_reason=str(wish.get("rejected_reason", "NONE")),
        shape=shape,
    )
    waba.templates[template.name, template.language] = template
    world.templates[template.id] = template
    return template.as_json()


def exemplified(part: Json, shape: Shape, named: bool) -> Json:
    """The component with an example of each parameter: Meta takes no template without them."""
    kind = str(part.get("type", "")).upper()
    if "example" in part or kind not in ("HEADER", "BODY"):
        return part
    if kind == "HEADER" and shape.header_media is not None:
        return {**part, "example": {"header_handle": ["https://example.com/header"]}}
    names = shape.header_params if kind == "HEADER" else shape.body_params
    if not names:
        return part
    where = f"{kind.lower()}_text"
    if named:
        examples = [{"param_name": name, "example": f"a {name}"} for name in names]
        return {**part, "example": {f"{where}_named_params": examples}}
    words = [f"example {name}" for name in names]
    return {**part, "example": {where: words if kind == "HEADER" else [words]}}


def change_template(world: World, template_id: str, wish: Json) -> Json:
    """Pauses, disables, edits, changes the quality; each is told by its own webhook."""
    known_only(wish, "status", "reason", "quality", "components")
    template = world.templates.get(template_id)
    if template is None:
        raise BadWish(f"no template has the id {template_id}")
    waba = next(one for one in world.wabas.values() if template in one.templates.values())
    if "components" in wish:
        template.edit(wish["components"])
    if "status" in wish:
        template.status = one_of(wish["status"], STATUSES, "status")
        reason = str(wish.get("reason", "NONE"))
        template.rejected_reason = reason if template.status == "REJECTED" else "NONE"
        status = payloads.template_status(template, reason)
        world.tell(waba, None, "message_template_status_update", "", status)
    if "quality" in wish:
        before, template.quality = template.quality, one_of(wish["quality"], QUALITIES, "quality")
        template.quality_since = int(world.clock.now())
        quality = payloads.template_quality(template, before)
        world.tell(waba, None, "message_template_quality_update", "", quality)
    return template.as_json()
