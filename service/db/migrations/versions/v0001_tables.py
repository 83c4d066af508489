"""Create all tables and the view that traveler-facing code reads.

Revises nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.db.types import JSONText, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_people()
    _create_live()
    _create_records()
    _create_routing()
    op.execute("CREATE VIEW traveler_watch AS SELECT traveler_id, trip_id, deadline, state FROM watches")


def _create_people() -> None:
    op.create_table(
        "data_keys",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_data_keys"),
    )
    op.create_index("ix_data_keys_kind_created_at", "data_keys", ["kind", "created_at"])
    op.create_table(
        "travelers",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("audit_head", sa.LargeBinary(), nullable=False),
        sa.Column("audit_length", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", name="pk_travelers"),
    )
    op.create_table(
        "trips",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("has_words", sa.Boolean(), nullable=False),
        sa.Column("word_key", sa.LargeBinary()),
        sa.Column("passphrase_hash", sa.String()),
        sa.Column("cooling_off_seconds", sa.Integer(), nullable=False),
        sa.Column("repeat_seconds", sa.Integer()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("armed_at", UTCDateTime()),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("end_requested_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("traveler_id", "trip_id", name="pk_trips"),
    )
    op.create_table(
        "plans",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "trip_id", name="pk_plans"),
    )
    op.create_table(
        "contacts",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("disclosure", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("dead_channels", JSONText(), nullable=False),
        sa.Column("invited_at", UTCDateTime(), nullable=False),
        sa.Column("accepted_at", UTCDateTime()),
        sa.Column("settled_at", UTCDateTime()),
        sa.Column("traveler_told_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("traveler_id", "contact_id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_traveler_id_trip_id", "contacts", ["traveler_id", "trip_id"])
    op.create_table(
        "rungs",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contact_ids", JSONText(), nullable=False),
        sa.Column("wait_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "trip_id", "position", name="pk_rungs"),
    )
    op.create_table(
        "words",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "trip_id", "position", name="pk_words"),
    )
    op.create_table(
        "changes",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.Column("effective_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "change_id", name="pk_changes"),
    )
    op.create_index("ix_changes_effective_at", "changes", ["effective_at"], **_where("state = 'pending'"))
    op.create_index("ix_changes_traveler_id_trip_id", "changes", ["traveler_id", "trip_id"])


def _create_live() -> None:
    op.create_table(
        "watches",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("armed_at", UTCDateTime(), nullable=False),
        sa.Column("deadline", UTCDateTime()),
        sa.Column("previous", UTCDateTime()),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_at", UTCDateTime()),
        sa.Column("last_check_in_at", UTCDateTime()),
        sa.Column("last_verified_at", UTCDateTime()),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("weak_at", JSONText(), nullable=False),
        sa.Column("missed_at", JSONText(), nullable=False),
        sa.Column("unproven_at", UTCDateTime()),
        sa.Column("late_to", UTCDateTime()),
        sa.Column("grace_cut_seconds", sa.Float(), nullable=False),
        sa.Column("look_at", UTCDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "trip_id", name="pk_watches"),
    )
    op.create_index("ix_watches_look_at", "watches", ["look_at"], **_where("look_at IS NOT NULL"))
    op.create_table(
        "alarms",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("view", JSONText(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("rung_accepted_at", UTCDateTime()),
        sa.Column("hold_until", UTCDateTime()),
        sa.Column("held_by", sa.Uuid()),
        sa.Column("outcome", sa.String()),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime()),
        sa.Column("look_at", UTCDateTime()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "alarm_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_look_at", "alarms", ["look_at"], **_where("look_at IS NOT NULL"))
    op.create_index(
        "uq_alarms_traveler_id_trip_id",
        "alarms",
        ["traveler_id", "trip_id"],
        unique=True,
        **_where("closed_at IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid()),
        sa.Column("alarm_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("channel_index", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ref_code", sa.String()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("delivery", sa.String()),
        sa.Column("available_at", UTCDateTime(), nullable=False),
        sa.Column("valid_until", UTCDateTime()),
        sa.Column("lease_until", UTCDateTime()),
        sa.Column("claim_token", sa.Uuid()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String()),
        sa.Column("provider_id", sa.String()),
        sa.Column("error", sa.String()),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("traveler_id", "outbox_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_pending", "outbox", ["priority", "available_at"], **_where("state = 'pending'"))
    op.create_index("ix_outbox_outbox_id", "outbox", ["outbox_id"])
    op.create_index("ix_outbox_provider_id", "outbox", ["provider_id"])
    op.create_index("ix_outbox_sending", "outbox", ["lease_until"], **_where("state = 'sending'"))
    op.create_index("ix_outbox_traveler_id_alarm_id_contact_id", "outbox", ["traveler_id", "alarm_id", "contact_id"])
    op.create_index("uq_outbox_traveler_id_dedupe_key", "outbox", ["traveler_id", "dedupe_key"], unique=True)


def _create_records() -> None:
    op.create_table(
        "check_ins",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", UTCDateTime(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("strength", sa.String(), nullable=False),
        sa.Column("satisfied", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "check_in_id", name="pk_check_ins"),
    )
    op.create_index(
        "ix_check_ins_traveler_id_trip_id_occurred_at", "check_ins", ["traveler_id", "trip_id", "occurred_at"]
    )
    op.create_table(
        "answers",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "answer_id", name="pk_answers"),
    )
    op.create_index("ix_answers_traveler_id_alarm_id", "answers", ["traveler_id", "alarm_id"])
    op.create_table(
        "audit_log",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "position", name="pk_audit_log"),
    )


def _create_routing() -> None:
    op.create_table(
        "inbox",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("traveler_id", sa.Uuid()),
        sa.Column("trip_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("alarm_id", sa.Uuid()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("media", sa.Integer(), nullable=False),
        sa.Column("occurred_at", UTCDateTime(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("handled_at", UTCDateTime()),
        sa.Column("result", sa.String()),
        sa.PrimaryKeyConstraint("inbox_id", name="pk_inbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], **_where("handled_at IS NULL"))
    op.create_index("ix_inbox_sender", "inbox", ["sender", "inbox_id"], **_where("handled_at IS NULL"))
    op.create_index("ix_inbox_unclear", "inbox", ["traveler_id", "trip_id"], **_where("result = 'ambiguous'"))
    op.create_index("uq_inbox_source_provider_id", "inbox", ["source", "provider_id"], unique=True)
    op.create_table(
        "phone_owners",
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid()),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("phone_hash", "traveler_id", "contact_id", name="pk_phone_owners"),
    )
    op.create_index("ix_phone_owners_traveler_id", "phone_owners", ["traveler_id"])
    op.create_index(
        "uq_phone_owners_armed",
        "phone_owners",
        ["phone_hash"],
        unique=True,
        **_where("armed AND contact_id = '00000000000000000000000000000000'"),
    )
    op.create_table(
        "links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("trip_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("alarm_id", sa.Uuid()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime()),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_links"),
    )
    op.create_index("ix_links_traveler_id", "links", ["traveler_id"])
    op.create_table(
        "ack_codes",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid()),
        sa.Column("contact_id", sa.Uuid()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_ack_codes"),
    )
    op.create_index("ix_ack_codes_traveler_id", "ack_codes", ["traveler_id"])
    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "sender", name="pk_suppressions"),
    )
    op.create_table(
        "engine_state",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", JSONText(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_engine_state"),
    )
    op.create_table(
        "sign_ups",
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("locked_until", UTCDateTime()),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("phone_hash", name="pk_sign_ups"),
    )
    op.create_table(
        "idempotency",
        sa.Column("traveler_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("traveler_id", "key", name="pk_idempotency"),
    )


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}
