"""The standing kept beside a contact is always the fold of their events."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.contacts.model import Consent, ConsentEvent, ConsentSource, standing
from storage.database import Database
from tests.fakes.stores import NOW, a_list, a_workspace, contacts, number_of

PEOPLE = 3

#: To one person (0..2), to the whole list (3), or their file is imported again (None).
Step = tuple[int, ConsentEvent] | None

events = st.builds(
    ConsentEvent,
    granted=st.booleans(),
    source=st.sampled_from(ConsentSource),
    evidence=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    at=st.integers(-9, 9).map(lambda days: NOW + timedelta(days=days)),
)
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.none() | st.tuples(st.integers(0, PEOPLE), events), max_size=8
)


async def _play(url: str, story: Sequence[Step]) -> None:
    told: list[list[ConsentEvent]] = [[] for _ in range(PEOPLE)]
    async with Database.open(url) as database, database.write() as unit:
        space = await a_workspace(unit)
        list_id = await a_list(unit, space, PEOPLE, agreed=False)
        people = [await unit.contacts.by_number(space, number_of(n)) for n in range(PEOPLE)]
        for step in story:
            if step is None:
                await unit.contacts.save_rows(space, list_id, contacts(PEOPLE), at=NOW)
                continue
            whom, event = step
            for n in range(PEOPLE) if whom == PEOPLE else (whom,):
                told[n].append(event)
            if whom == PEOPLE:
                granted = await unit.contacts.record_list_consent(list_id, event)
                assert granted == sum(standing(mine) is Consent.GRANTED for mine in told)
                continue
            person = people[whom]
            assert person is not None
            assert await unit.contacts.record_consent(person.id, event) is standing(told[whom])
        for n, person in enumerate(people):
            assert person is not None
            assert await unit.contacts.consent_events(person.id) == told[n]
            now = await unit.contacts.contact(space, person.id)
            assert now.consent is standing(told[n])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=steps)
def test_the_standing_is_the_fold_of_the_events(url: str, story: list[Step]) -> None:
    asyncio.run(_play(url, story))
