"""The migrations make exactly the tables that the code expects, on both engines."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from service.db import migrate, routing, tables, tx
from service.db.engine import Database, make_engine
from service.db.schema import HEAD, KNOWN, Fit, fit_of
from service.db.stored import Stored

MODULES_WITH_TABLES = (routing, tables)


def differences(conn: Connection) -> list[Any]:
    context = MigrationContext.configure(conn, opts={"compare_type": True})
    found: list[Any] = compare_metadata(context, Stored.metadata)
    return found


def test_the_migrations_make_the_tables_that_the_code_expects(db: Database) -> None:
    assert tx.read(db, differences) == []


def test_a_migrated_database_is_known_and_a_second_upgrade_changes_nothing(database_url: str, db: Database) -> None:
    migrate.upgrade(database_url)
    assert migrate.current(database_url) == migrate.head()
    assert fit_of(tx.read(db, migrate.revision_of)) is Fit.OURS


def test_the_revisions_are_those_that_alembic_finds() -> None:
    scripts = ScriptDirectory.from_config(migrate._config())
    assert list(KNOWN) == [script.revision for script in scripts.walk_revisions()][::-1]
    assert scripts.get_current_head() == HEAD


def test_no_revision_serves_fewer_versions_than_the_one_before_it_said() -> None:
    """Else a version that had to stop at a contraction would go on after the next expansion."""
    named = [revision.partition("s")[2] for revision in KNOWN]
    assert named == sorted(named)


@pytest.mark.parametrize(
    ("revision", "fit"),
    [
        ("0007", Fit.OURS),
        ("0008", Fit.NEWER),
        ("0012s0007", Fit.NEWER),
        ("0012s0008", Fit.FOREIGN),
        ("0006", Fit.FOREIGN),
        ("of tomorrow", Fit.FOREIGN),
        (None, Fit.FOREIGN),
    ],
)
def test_what_a_version_may_do_on_a_schema(revision: str | None, fit: Fit) -> None:
    assert fit_of(revision, head="0007") is fit


def test_partial_indexes_cover_only_the_rows_that_are_looked_for(db: Database) -> None:
    with_a_condition = tx.read(db, _conditions)
    expected = {
        index.name
        for table in Stored.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert len(expected) == 19
    assert set(with_a_condition) == expected


def _conditions(conn: Connection) -> dict[str, str]:
    found = {}
    inspector = inspect(conn)
    for table in inspector.get_table_names():
        for index in inspector.get_indexes(table):
            where = index.get("dialect_options", {}).get(f"{conn.dialect.name}_where")
            if where is not None:
                found[str(index["name"])] = str(where)
    return found


def test_a_traveler_facing_view_shows_a_deadline_and_a_state_and_nothing_else(db: Database) -> None:
    columns = tx.read(db, lambda conn: [c["name"] for c in inspect(conn).get_columns("traveler_watch")])
    assert columns == ["traveler_id", "trip_id", "deadline", "state"]


def test_an_interrupted_upgrade_leaves_nothing_behind(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/half.db"

    def upgrade_and_fall_over(conn: Connection) -> None:
        migrate.upgrade_within(conn)
        raise KeyboardInterrupt

    db = make_engine(url)
    with pytest.raises(KeyboardInterrupt):
        tx.run(db, upgrade_and_fall_over)
    assert tx.read(db, lambda conn: inspect(conn).get_table_names()) == []
    db.close()
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()
