"""What fills a message template: a column, a constant or a fallback; and what people will read then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.delivery.content import OutgoingMessage
from domain.delivery.templates import (
    PARAMETER,
    Button,
    ButtonKind,
    MessageTemplate,
    Slot,
    parameters_of,
)
from domain.kernel.errors import DomainError


class ValuesMissing(DomainError):
    """`places`: where the template wants a value and none is there."""

    code = "cloud_template.values_missing"


class ValueTooLong(DomainError):
    """`place`, `length` and `limit`."""

    code = "cloud_template.value_too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class FromColumn:
    """A contact's column (found whatever its case); `fallback` where it is empty."""

    column: str
    fallback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Always:
    """The same for everybody."""

    text: str


Filling = FromColumn | Always
ValueMap = Mapping[Slot, Filling]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTemplate:
    """The template that a campaign sends, and what fills it. `id` is WhatsApp's."""

    id: str
    name: str
    language: str
    values: ValueMap


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledButton:
    index: int
    kind: ButtonKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTemplate:
    """A template with one person's values. `body` and `header`: (name, value) in order; numbered blanks have
    their number as name, and `named` says which of the two."""

    name: str
    language: str
    named: bool = False
    header: tuple[tuple[str, str], ...] = ()
    body: tuple[tuple[str, str], ...] = ()
    buttons: tuple[FilledButton, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateMessage(OutgoingMessage):
    """A message that goes out as a template. `text` is what the person will read, for reports; `media` is the
    header's."""

    template: FilledTemplate


def guess(template: MessageTemplate, columns: Sequence[str]) -> ValueMap:
    """What probably belongs into each place, to begin with: the column that is called like it; and into the
    first numbered one the person's name. Places of which nothing can be guessed are left out."""
    known = {_bare(column): column for column in columns}
    values: dict[Slot, Filling] = {}
    for slot in template.slots:
        place, _, name = slot.partition(".")
        if place == "button":
            continue
        like_name = name == "1" or "name" in _bare(name)
        column = known.get(_bare(name)) or (known.get("name") if like_name and not values else None)
        if column is not None:
            values[slot] = FromColumn(column=column)
    return values


def _bare(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def cleaned(value: str) -> str:
    """As WhatsApp takes it: no line breaks, no tabs, no run of blanks (132012, 132018 otherwise)."""
    return " ".join(value.split())


def values_for(template: MessageTemplate, mapping: ValueMap, fields: Mapping[str, str]) -> dict[Slot, str]:
    """The value of every place; empty where there is none."""
    known = {name.strip().casefold(): value for name, value in fields.items()}

    def value(filling: Filling | None) -> str:
        match filling:
            case None:
                return ""
            case Always(text=text):
                return cleaned(text)
            case FromColumn(column=column, fallback=fallback):
                return cleaned(known.get(column.strip().casefold(), "")) or cleaned(fallback)

    return {slot: value(mapping.get(slot)) for slot in template.slots}


def missing_values(
    template: MessageTemplate, mapping: ValueMap, fields: Mapping[str, str]
) -> tuple[Slot, ...]:
    """Places for which this person has no value: asked at the review, so that nothing is refused later."""
    return tuple(slot for slot, value in values_for(template, mapping, fields).items() if not value)


def fill(template: MessageTemplate, mapping: ValueMap, fields: Mapping[str, str]) -> FilledTemplate:
    """Raises ValuesMissing, ValueTooLong."""
    return filled_with(template, values_for(template, mapping, fields))


def filled_with(template: MessageTemplate, values: Mapping[Slot, str]) -> FilledTemplate:
    """Raises ValuesMissing, ValueTooLong."""
    if missing := [slot for slot, value in values.items() if not value]:
        raise ValuesMissing(places=list(missing))
    for slot, value in values.items():
        if len(value) > (limit := template.limit_of(slot)):
            raise ValueTooLong(place=slot, length=len(value), limit=limit)
    return FilledTemplate(
        name=template.name,
        language=template.language,
        named=template.named,
        header=_at("header", template.header_text, values),
        body=_at("body", template.body, values),
        buttons=tuple(
            FilledButton(index=n, kind=button.kind, value=values[Slot(f"button.{n}")])
            for n, button in enumerate(template.buttons)
            if button.wants_value
        ),
    )


def _at(place: str, text: str, values: Mapping[Slot, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, values[Slot(f"{place}.{name}")]) for name in parameters_of(text))


def preview(template: MessageTemplate, mapping: ValueMap, fields: Mapping[str, str]) -> str:
    """What the person will read; a blank without a value stays as it stands in the template."""
    return preview_with(template, values_for(template, mapping, fields))


def preview_with(template: MessageTemplate, values: Mapping[Slot, str]) -> str:
    """See `preview`."""
    return "\n\n".join(part for part in _parts(template, values) if part)


def _parts(template: MessageTemplate, values: Mapping[Slot, str]) -> Sequence[str]:
    buttons = "\n".join(
        f"[{button.text}]" + (f" {link}" if (link := _link(n, button, values)) else "")
        for n, button in enumerate(template.buttons)
    )
    return (
        _put("header", template.header_text, values),
        _put("body", template.body, values),
        template.footer,
        buttons,
    )


def _put(place: str, text: str, values: Mapping[Slot, str]) -> str:
    """A value that looks like a blank is not filled again."""
    return PARAMETER.sub(lambda match: values.get(Slot(f"{place}.{match[1]}")) or match[0], text)


def _link(n: int, button: Button, values: Mapping[Slot, str]) -> str:
    if button.kind is not ButtonKind.URL or not button.wants_value:
        return button.url
    return PARAMETER.sub(lambda match: values.get(Slot(f"button.{n}")) or match[0], button.url)
