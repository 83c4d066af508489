"""The whole way of a trip through the API, as an outsider walks it."""

from tests.web.api_world import AIZHAN, EVENINGS, GULNAR, MOTHER, TRIP, World, world

__all__ = ["world"]


def test_from_a_number_to_an_armed_trip(world: World) -> None:
    assert world.post("/travelers", {"name": "Aizhan", "phone": AIZHAN, "language": "kk"}).status_code == 202
    signed_in = world.post("/travelers/verify", {"phone": AIZHAN, "code": world.code(AIZHAN)})
    assert signed_in.status_code == 200
    world.token = signed_in.json()["token"]

    planned = world.post("/trips", TRIP)
    assert planned.status_code == 201
    assert planned.json()["status"] == "draft"
    trip = f"/trips/{planned.json()['trip_id']}"

    plan = world.put(f"{trip}/plan", EVENINGS)
    assert plan.status_code == 200
    # 20:00 in Istanbul, where clocks stay at +03:00.
    assert plan.json()["next_deadlines"] == [f"2026-12-{day:02}T17:00:00Z" for day in range(1, 6)]

    invited = world.post(f"{trip}/contacts", MOTHER)
    assert invited.status_code == 201
    assert invited.json()["status"] == "invited"
    [invitation] = world.texts(GULNAR)
    assert "Aizhan" in invitation

    refused = world.post(f"{trip}/arm")
    assert refused.status_code == 409
    assert refused.json()["missing"] == ["accepted_contact"]

    world.accept(invited.json()["contact_id"])
    armed = world.post(f"{trip}/arm")
    assert armed.status_code == 200
    assert armed.json()["status"] == "armed"
    assert armed.json()["next_deadline"] == "2026-12-01T17:00:00Z"
    assert armed.json()["check_in_url"].startswith("http://127.0.0.1:8000/c/")

    shown = world.get(trip).json()
    assert (shown["status"], shown["next_deadline"]) == ("armed", "2026-12-01T17:00:00Z")
    assert shown["check_in_url"] == armed.json()["check_in_url"]
    assert [(one["contact_id"], one["status"]) for one in shown["contacts"]] == [
        (invited.json()["contact_id"], "accepted")
    ]

    received = world.post(f"{trip}/check-ins", {"text": "OK"})
    assert received.status_code == 202
    assert received.json() == {"received_at": "2026-12-01T06:00:00Z"}


def test_the_api_describes_itself_with_examples(world: World) -> None:
    described = world.client.get("/api/v1/openapi.json").json()
    assert {path.removeprefix("/api/v1") for path in described["paths"]} >= {
        "/travelers",
        "/travelers/verify",
        "/trips",
        "/trips/{trip_id}",
        "/trips/{trip_id}/plan",
        "/trips/{trip_id}/contacts",
        "/trips/{trip_id}/contacts/{contact_id}",
        "/trips/{trip_id}/ladder",
        "/trips/{trip_id}/words",
        "/trips/{trip_id}/arm",
        "/trips/{trip_id}/check-ins",
        "/trips/{trip_id}/sos",
        "/trips/{trip_id}/changes",
        "/trips/{trip_id}/rehearsal",
    }
    schemas = described["components"]["schemas"]
    assert all(schemas[name]["examples"] for name in ("TripIn", "PlanIn", "ContactIn", "ChangeIn", "WordsIn"))
    assert "hand_over" in schemas["ChangeIn"]["properties"]
    assert "employer.phone" in str(schemas["TripIn"]["properties"]["later"])
    assert "agency" in str(schemas["TripIn"]["properties"]["offered_by"])
    lacking = described["paths"]["/api/v1/trips/{trip_id}/arm"]["post"]["description"]
    assert all(
        code in lacking for code in ("name", "accepted_contact", "full_contact", "phone_in_use", "already_armed")
    )
