"""Ways to break the switch, as data: each is one wrong rule, and the test that has to notice.

`old` must occur exactly once in the file. When a rule is rewritten, rewrite its mutation; do not delete it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """Replace `old` by `new` in `service/core/<file>`; `test` is a node id below `tests/core`."""

    name: str
    file: str
    old: str
    new: str
    test: str


MUTATIONS = (
    Mutation(
        "an alarm before the grace is over",
        "watch.py",
        "return max(deadline + grace, (reminded or deadline) + grace / 2)",
        "return (reminded or deadline) + grace / 4",
        "test_watch.py::TestOpening::test_not_before_the_grace_is_over",
    ),
    Mutation(
        "no new round of reminders after a downtime",
        "watch.py",
        "return max(deadline + grace, (reminded or deadline) + grace / 2)",
        "return deadline + grace",
        "test_watch.py::TestOpening::test_after_a_downtime_she_is_asked_again_before_anybody_is_told",
    ),
    Mutation(
        "an alarm while her replies could not be read",
        "watch.py",
        "facts.read_until < _opens_at(watch, plan)",
        "facts.read_until < watch.armed_at",
        "test_watch.py::TestOpening::test_only_when_her_ways_have_been_read_up_to_the_end_of_the_grace",
    ),
    Mutation(
        "only the first of the deadlines passed together",
        "watch.py",
        "(not missed or deadline + plan.grace <= now)",
        "not missed",
        "test_watch.py::TestOpening::test_deadlines_passed_together_are_one_round_and_one_alarm",
    ),
    Mutation(
        "a late row moves an interval back",
        "watch.py",
        "if moved is not None and (is_newest or moved > deadline):",
        "if moved is not None:",
        "test_switch_properties.py::test_a_row_that_arrives_late_never_moves_a_deadline_back",
    ),
    Mutation(
        "an interval ahead counts for nothing",
        "watch.py",
        "if not satisfied and _keeps_an_interval_ahead(watch, plan, at):",
        "if False:",
        "test_switch_properties.py::test_weak_check_ins_alone_never_keep_it_quiet_for_ever",
    ),
    Mutation(
        "the streak forgets a verified check-in found late",
        "watch.py",
        "else deadline - early_window(plan, deadline, previous)\n",
        "else at\n",
        "test_switch_properties.py::test_the_order_of_arrival_makes_no_difference",
    ),
    Mutation(
        "one deadline is moved by late again and again",
        "watch.py",
        "late_to=None if is_newest and deadline != watch.late_to else watch.late_to,",
        "late_to=None if is_newest else watch.late_to,",
        "test_switch_properties.py::test_an_ok_and_a_late_in_turn_never_push_one_deadline_on",
    ),
    Mutation(
        "late for a whole day",
        "watch.py",
        "LATE_AT_MOST = timedelta(hours=12)",
        "LATE_AT_MOST = timedelta(hours=24)",
        "test_watch.py::TestLate::test_by_no_more_than_12_hours",
    ),
    Mutation(
        "an unproven alarm beside an open one",
        "watch.py",
        "unproven = not alarm_open and",
        "unproven =",
        "test_watch.py::TestUnproven::test_not_while_another_alarm_is_open",
    ),
    Mutation(
        "an unproven streak without its 72 hours",
        "watch.py",
        "    return now >= (watch.last_verified_at or watch.armed_at) + UNPROVEN_AFTER",
        "    return True",
        "test_watch.py::TestUnproven::test_three_weak_deadlines_and_72_hours",
    ),
    Mutation(
        "an ended watch wakes up by a check-in",
        "watch.py",
        "    if watch.state is WatchState.ENDED:\n        return CheckedIn(watch, ())\n",
        "",
        "test_switch_properties.py::test_an_ended_watch_stays_ended",
    ),
    Mutation(
        "a longer schedule at once",
        "watch.py",
        "if first == standing or not (sooner or may_postpone):",
        "if first == standing:",
        "test_watch.py::TestChanges::test_less_watching_leaves_the_deadline_that_stands",
    ),
    Mutation(
        "an overslept check-in counts as in time",
        "watch.py",
        "    if at >= deadline + plan.grace:\n        return False\n",
        "",
        "test_watch.py::TestInTime",
    ),
    Mutation(
        "a kind that sinks",
        "alarm.py",
        "if not alarm.is_open or kind.rank <= alarm.kind.rank:",
        "if not alarm.is_open or kind is alarm.kind:",
        "test_alarm.py::TestKinds::test_a_kind_only_rises",
    ),
    Mutation(
        "a bare OK closes a missed alarm of a trip with words",
        "alarm.py",
        "(alarm.kind is AlarmKind.MISSED and not has_words)",
        "alarm.kind is AlarmKind.MISSED",
        "test_alarm.py::TestEnds::test_what_a_text_of_the_traveler_ends",
    ),
    Mutation(
        "an old row closes an alarm",
        "alarm.py",
        " or (last_missed is not None and at < last_missed)",
        "",
        "test_alarm.py::TestEnds::test_a_row_older_than_the_last_missed_deadline_ends_and_holds_nothing",
    ),
    Mutation(
        "a deadline ahead of the clock keeps her answer from counting",
        "alarm.py",
        "(deadline for deadline in alarm.missed if deadline <= now), default=None",
        "alarm.missed, default=None",
        "test_set_back.py::test_an_answer_counts_although_a_wrong_clock_has_missed_a_deadline_ahead",
    ),
    Mutation(
        "a round of reminders that lies ahead of the clock",
        "watch.py",
        "if watch.reminded_at is not None and watch.reminded_at > now:",
        "if False:",
        "test_set_back.py::test_a_round_of_reminders_begins_anew",
    ),
    Mutation(
        "a ladder that waits for the clock to catch up",
        "ladder.py",
        "    alarm = _not_later(alarm, now)\n",
        "",
        "test_set_back.py::test_the_ladder_waits_its_own_wait_and_no_longer",
    ),
    Mutation(
        "one voice ends duress",
        "alarm.py",
        "if not alarm.is_open or alarm.kind is AlarmKind.DURESS:",
        "if not alarm.is_open:",
        "test_alarm.py::TestEnds::test_what_a_voice_heard_ends",
    ),
    Mutation(
        "one person closes by two",
        "alarm.py",
        "if len(closers) >= 2 else alarm",
        "if closers else alarm",
        "test_alarm.py::TestDuress::test_it_takes_two_different_people_of_its_own",
    ),
    Mutation(
        "a person holds again and again",
        "alarm.py",
        "    if person in alarm.holders:\n        return alarm, Taken.NO_HOLD_LEFT\n",
        "",
        "test_alarm.py::TestHolds::test_one_per_person_and_none_restarts",
    ),
    Mutation(
        "holds without an end",
        "alarm.py",
        "granted = min(HOLD, HOLD_ALTOGETHER - alarm.held)",
        "granted = HOLD",
        "test_alarm_properties.py::test_no_sequence_of_signs_and_acknowledgements_holds_longer_than_4_hours",
    ),
    Mutation(
        "a hold outlives a further missed deadline",
        "alarm.py",
        "return rise(replace(end_hold(alarm, now), missed=counted), AlarmKind.MISSED, now)",
        "return rise(replace(alarm, missed=counted), AlarmKind.MISSED, now)",
        "test_alarm.py::TestHolds::test_what_ends_one_at_once",
    ),
    Mutation(
        "an objection that comes too late to count",
        "alarm.py",
        "LINK_LIVES_AFTER_CLOSE if alarm.outcome is Outcome.HEARD_SAFE else OBJECTION_WINDOW",
        "OBJECTION_WINDOW",
        "test_alarm.py::TestObjection::test_how_long",
    ),
    Mutation(
        "a late row closes sos",
        "alarm.py",
        "if alarm.kind is AlarmKind.MISSED and not still_missed:",
        "if not still_missed:",
        "test_alarm.py::TestFoundLate::test_it_never_closes_sos_or_duress",
    ),
    Mutation(
        "told without having accepted",
        "ladder.py",
        "return self.accepted and self.reachable",
        "return self.reachable",
        "test_alarm_properties.py::test_a_look_at_an_alarm_whatever_happened_before",
    ),
    Mutation(
        "duress is told to everybody",
        "ladder.py",
        "    if kind is not AlarmKind.DURESS:\n        return frozenset(p.id for p in accepted)\n",
        "    return frozenset(p.id for p in accepted)\n",
        "test_ladder.py::TestAtOnce::test_duress_tells_those_with_the_role_and_caseworkers",
    ),
    Mutation(
        "asked to stand back at every look",
        "ladder.py",
        "stood_back=alarm.stood_back | (outside & reachable)",
        "stood_back=alarm.stood_back",
        "test_ladder.py::TestStandBack::test_those_without_the_role_who_had_been_told_get_one_text",
    ),
    Mutation(
        "a rung waits for a provider that is down",
        "ladder.py",
        "    base = alarm.accepted_at or alarm.told_at\n",
        "    base = alarm.accepted_at or alarm.told_at + DAILY\n",
        "test_ladder.py::TestWaits::test_with_none_accepted_after_its_own_wait_the_next_is_told_too",
    ),
    Mutation(
        "an empty rung waits",
        "ladder.py",
        "    while rung < last and not _tellable((climb.rungs[rung],), alarm, facts):\n        rung += 1\n",
        "",
        "test_ladder.py::TestWaits::test_a_rung_with_nobody_left_is_passed_over_in_the_same_step",
    ),
    Mutation(
        "silence when nobody can be told",
        "ladder.py",
        "            pages += (Page.NOBODY_LEFT,)\n",
        "            pass\n",
        "test_alarm_properties.py::test_an_open_alarm_is_never_silent",
    ),
    Mutation(
        "never exhausted",
        "ladder.py",
        "        pages = (Page.EXHAUSTED,)\n",
        "",
        "test_ladder.py::TestRungs::test_at_24_hours_it_is_exhausted_and_goes_on_daily",
    ),
    Mutation(
        "a ladder that a hold does not stop",
        "ladder.py",
        "if alarm.hold_until is None and _due_at",
        "if _due_at",
        "test_ladder.py::TestHeld::test_nobody_is_told_until_it_ends",
    ),
    Mutation(
        "an unproven alarm told to all at once",
        "ladder.py",
        "(climb.rungs[rung],) if alarm.kind is AlarmKind.UNPROVEN else climb.rungs[: rung + 1]",
        "climb.rungs",
        "test_ladder.py::TestUnproven::test_one_after_another_24_hours_each_then_all_and_then_weekly",
    ),
    Mutation(
        "who has left still counts for an end",
        "alarm.py",
        "closers=left.closers - {person}",
        "closers=left.closers",
        "test_leaving.py::test_her_word_for_an_end_counts_no_more",
    ),
    Mutation(
        "who has left keeps the next one waiting",
        "alarm.py",
        "return replace(left, rung=-1, told_at=None, accepted_at=None) if left.rung == 0 else left",
        "return left",
        "test_leaving.py::test_her_hold_ends_and_the_next_is_told_at_once",
    ),
)
