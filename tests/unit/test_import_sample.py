"""The sample file of the demo and the README."""

from dataclasses import replace
from pathlib import Path

import phonenumbers
import pytest

from docs.make_sample_contacts import PEOPLE, SAMPLE, make
from domain.contacts.importing.rows import Batch, Summary
from storage.sheets.client import ProcessSheetReader


async def read(country: str) -> Batch:
    reader = ProcessSheetReader()
    inspection = await reader.inspect(SAMPLE, SAMPLE.name, country)
    plan = replace(inspection.sheets[0].plan, country=country)
    batches = [batch async for batch in reader.read(SAMPLE, SAMPLE.name, plan)]
    assert len(batches) == 1
    return batches[0]


def test_the_sample_is_what_its_maker_makes(tmp_path: Path) -> None:
    make(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == SAMPLE.read_bytes()


@pytest.mark.parametrize("country", ["TR", "US", "GB", "DE", "AT", "IT", "ID"])
async def test_the_sample_has_good_bad_and_duplicate_rows_in_every_workspace(country: str) -> None:
    batch = await read(country)
    assert Summary().plus(batch) == Summary(ready=18, duplicates=2, bad=4)
    assert len(PEOPLE) == 24


async def test_no_real_person_is_in_the_sample() -> None:
    examples = {
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for country in phonenumbers.SUPPORTED_REGIONS
        if (example := phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE))
    }
    assert {row.number for row in (await read("TR")).ready} <= examples
