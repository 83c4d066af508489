"""A traveler on a trip of her own who is a trusted person of another one, and is rehearsed there."""

from concurrent.futures import ThreadPoolExecutor

from service.usecases.accept import Inbound, accept
from service.usecases.dispatch import dispatch
from service.usecases.rehearse import start_rehearsal
from service.usecases.show_rehearsal import show_rehearsal
from service.usecases.sweep import sweep
from tests.easy import one_database
from tests.web.api_world import AIZHAN, MOTHER, World, world

__all__ = ["world"]

FRIEND = "+77000000031"


@one_database
def test_her_1_is_her_own_sign_of_life_too(world: World) -> None:
    hers = world.armed()
    world.wait(minutes=2)
    world.sign_in(FRIEND)
    trip = world.trip()
    world.contact(trip, {**MOTHER, "name": "Aizhan", "phone": AIZHAN})
    key = world.state(trip).key
    start_rehearsal(world.service, key)
    sweep(world.service)
    with ThreadPoolExecutor(1) as pool:
        dispatch(world.service, pool)
    digest = world.service.keys.phone_hash(AIZHAN)
    accept(world.service, Inbound("phones", "1", digest, "1", address=AIZHAN))
    world.read_inbox()
    shown, watch = show_rehearsal(world.service, key), world.state(hers).watch
    assert shown is not None
    assert watch is not None
    assert shown.people[0].answered_by == "text"
    assert watch.last_check_in_at == world.now
    assert len(world.texts(AIZHAN, "reply")) == 1
