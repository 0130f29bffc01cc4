"""What every table is made with."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Identity, MetaData

from storage.types import Id, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def own_id(name: str = "id") -> Column[int]:
    """A number the database gives."""
    return Column(name, Id, Identity(), primary_key=True)


def refers(name: str, to: str, *, nullable: bool = False, primary_key: bool = False) -> Column[int]:
    """A number that names a row of another table."""
    return Column(name, Id, ForeignKey(to), nullable=nullable and not primary_key, primary_key=primary_key)


def word(name: str, kind: type[StrEnum], *, nullable: bool = False) -> Column[StrEnum]:
    return Column(name, Word(kind), nullable=nullable)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The database too refuses a state that does not exist."""
    words = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")
