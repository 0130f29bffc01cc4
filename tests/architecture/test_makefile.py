"""What `make help` and the documents tell people to type does something: make says "nothing to be done" of a
name that stands in .PHONY alone, and ends well."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
RULES = set(re.findall(r"^([a-z0-9-]+):(?!=)", MAKEFILE, re.MULTILINE))


def test_every_command_of_the_makefile_has_a_rule() -> None:
    [phony] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    told = re.findall(r'@echo "make ([a-z0-9-]+)', MAKEFILE)
    assert told and {*phony.split(), *told} <= RULES


def test_every_command_in_the_documents_has_a_rule() -> None:
    places = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / ".ci/run"]
    typed = {
        name for one in places for name in re.findall(r"(?:^|`)make ([a-z0-9-]+)", one.read_text(), re.M)
    }
    assert typed and typed <= RULES
