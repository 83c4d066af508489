"""What goes by e-mail: whole, with the page on which one can answer, and told to nobody who only sees the list."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from service.usecases.contact_addresses import OWN_ADDRESS
from service.usecases.contact_way import accept
from tests.notifiers.mail_server import MailServer, mail_server
from tests.scenarios.story import BROTHER, MOTHER, PLAN, TRIP, Story, open_story

GULNAR = "gulnar@example.org"
OPERATOR = "operator@example.org"
NOT_READ = "Nobody reads answers to this e-mail."
ADDRESS = "Kaleici, Hesapci Sokak 5, the yellow house behind the old harbor, the second door from the bakery, " * 2
OURS = re.compile(r"https://amanba\.example/[acir]/\w+")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def story(database_url: str, server: MailServer) -> Iterator[Story]:
    """An installation that sends texts and e-mails, and whose operator reads e-mails."""
    env = {"AMANBA_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "AMANBA_SMTP_FROM": "Aman <post@example.org>"}
    with open_story(database_url, operator=OPERATOR, env=env) as opened:
        yield opened


def letters(server: MailServer, to: str = GULNAR) -> list[tuple[str, str]]:
    """Subjects and texts of the mails to one person, oldest first."""
    named = zip(server.mails, server.texts(), strict=True)
    return [(mail["Subject"], text) for mail, text in named if mail["To"] == to]


def agree(story: Story, server: MailServer) -> None:
    """She presses "I accept" on the page of her invitation."""
    (link,) = OURS.findall(letters(server)[-1][1])
    assert story.client.get(link).status_code == 200
    assert story.client.head(link).status_code in (200, 405)
    assert accept(story.service, link.rsplit("/", 1)[1])
    story.run()


def plan_with_mother(story: Story, **contact: object) -> None:
    story.register()
    story.plan_trip(PLAN, destination={**TRIP["destination"], "address": ADDRESS.strip()})
    body = {"name": "Gulnar", "relation": "mother", "language": "en", "role": "full", "disclosure": "full"}
    story.call("POST", f"/trips/{story.trip_id}/contacts", {**body, **contact}, 201)
    story.run()


def test_a_mother_who_has_only_an_e_mail_address(story: Story, server: MailServer) -> None:
    plan_with_mother(story, email=GULNAR)
    (invitation,) = letters(server)
    assert invitation[0] == "Aizhan: a question for you"
    assert "Gulnar, Aizhan is going abroad and asks you to be a trusted person." in invitation[1]
    assert "Accept or refuse on this page: https://amanba.example/i/" in invitation[1]
    assert NOT_READ in invitation[1]
    assert "answer 1" not in invitation[1]
    agree(story, server)
    story.arm()

    story.advance_to("2026-12-01T21:00:30+03:00")
    _, (subject, alarm) = letters(server)
    assert subject == "Aizhan: please read this now"
    assert alarm.startswith("Aizhan: no sign since 22:00. Please call.\n\nAsk your question.")
    for fact in (ADDRESS.strip(), "Lotus Garden Hotel +902422471000", "Consulate of Kazakhstan +902422481200"):
        assert fact in alarm, "nothing is cut"
    assert f"Please answer on this page: {OURS.findall(alarm)[0]}\n{NOT_READ}" in alarm
    assert "Answer: 1" not in alarm
    page = story.client.get(OURS.findall(alarm)[0].removeprefix("https://amanba.example")).text
    assert "SMS: send the digit" not in page, "a digit from a number that nobody gave us is a stranger's"
    assert "Send me a code by e-mail" in page

    story.traveler.text("OK")
    story.run()
    *_, (subject, end) = letters(server)
    assert subject == "Aizhan: news for you"
    assert end.startswith("Aizhan has answered. The alarm has ended.")
    assert OURS.findall(end) == OURS.findall(alarm), "where she may say that something is not right"
    assert f"If something is not right, say so on this page: {OURS.findall(end)[0]}" in end
    assert "answer 4" not in end
    for page in server.pages():
        assert all(OURS.fullmatch(link) for link in re.findall('href="([^"]+)"', page))
    assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails)


def test_an_alarm_that_no_text_could_bring_goes_by_e_mail_whole_and_once(story: Story, server: MailServer) -> None:
    plan_with_mother(story, phone=MOTHER, email=GULNAR)
    story.mother.reply("1")
    story.run()
    story.arm()
    story.twilio.refuse(MOTHER, 21614)
    story.advance_to("2026-12-01T21:00:30+03:00")
    ((_, alarm),) = letters(server)
    assert ADDRESS.strip() in alarm
    assert NOT_READ in alarm


def test_an_alarm_that_no_e_mail_could_bring_goes_by_text_and_fits(story: Story, server: MailServer) -> None:
    plan_with_mother(story, channels=[{"channel": "email", "address": GULNAR}, {"channel": "sms", "address": MOTHER}])
    agree(story, server)
    story.arm()
    server.answers["RCPT"] = "550 5.1.1 no such user"
    story.advance_to("2026-12-01T21:00:30+03:00")
    texts = story.mother.read_all()
    assert texts
    assert f"Answer to {story.service.number_to_text}: 1 I take it" in texts[0]
    assert max(map(story.service.segments, texts)) <= 4
    assert NOT_READ not in " ".join(texts)
    story.advance(hours=2)
    assert len(letters(server)) == 1, "the dead address is not tried again"


def test_a_mail_server_that_refuses_us_pages_the_operator_and_keeps_the_mail(story: Story, server: MailServer) -> None:
    plan_with_mother(story, channels=[{"channel": "email", "address": GULNAR}, {"channel": "sms", "address": MOTHER}])
    agree(story, server)
    story.arm()
    server.answers["RCPT"] = "554 5.7.1 relay access denied"
    story.advance_to("2026-12-01T21:00:30+03:00")
    assert story.mother.read_all()
    del server.answers["RCPT"]
    story.advance(minutes=12)
    assert "Aizhan: please read this now" in [subject for subject, _ in letters(server)]
    ((subject, page),) = letters(server, OPERATOR)
    assert subject == "Amanba: please read this now"
    assert page == "554 5.7.1: mail server (the recipient) refuses our messages.", "an e-mail loses nothing of it"


def test_a_page_by_e_mail_holds_the_whole_case(story: Story, server: MailServer) -> None:
    plan_with_mother(story, phone=MOTHER)
    story.mother.reply("1")
    story.run()
    story.arm()
    story.mother.reply("STOP")
    story.run()
    story.advance_to("2026-12-01T22:00+03:00")
    pages = [text for subject, text in letters(server, OPERATOR) if subject == "Amanba: please read this now"]
    assert "Aizhan has no contact left whom we can reach." in pages
    case = next(page for page in pages if page.startswith("Nobody can be told about Aizhan."))
    for fact in ("Antalya", "Lotus Garden Hotel +902422471000", "+902422481200", MOTHER):
        assert fact in case


@pytest.mark.parametrize("words", [False, True])
def test_the_third_reminder_goes_to_her_e_mail_address(story: Story, server: MailServer, words: bool) -> None:
    register_with_mailbox(story)
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    if words:
        story.set_words()
    story.arm()
    story.advance_to("2026-12-01T20:31+03:00")
    ((subject, reminder),) = letters(server, "aizhan@example.org")
    number = story.service.number_to_text
    assert number
    assert subject == "Hi"
    if words:
        assert reminder == f"Hi, how are you? Write when you can. {number}"
        assert "href" not in server.pages()[-1]
    else:
        assert reminder.startswith(f"No OK for 20:00 yet. Please text OK to {number}, or we tell your people.")
        assert f"Say OK on this page: {story.check_in_url}\n{NOT_READ}" in reminder


def test_who_does_not_answer_is_told_again_by_all_of_her_ways(story: Story, server: MailServer) -> None:
    """T40: what a provider took may lie unread: the next telling goes to the next person, and by the next channel."""
    plan_with_mother(story, phone=MOTHER, email=GULNAR)
    story.mother.reply("1")
    story.add_contact("Daniyar", BROTHER, email="daniyar@example.org")
    story.arm()
    before = len(letters(server))
    story.advance_to("2026-12-01T21:01+03:00")
    assert story.mother.read_all()
    story.brother.read_all()
    assert len(letters(server)) == before, "first by her first way alone"
    story.advance_to("2026-12-01T21:17+03:00")
    assert story.mother.read_all()
    assert [subject for subject, _ in letters(server)[before:]] == ["Aizhan: please read this now"]
    assert story.brother.read_all()
    assert letters(server, "daniyar@example.org") == []
    story.brother.reply("1")
    story.advance_to("2026-12-01T22:20+03:00")
    assert letters(server, "daniyar@example.org") == [], "his answer says that his first way reaches him"
    story.twilio.refuse(MOTHER, 30006)
    story.advance(hours=1)
    told = [text for subject, text in letters(server) if subject == "Aizhan: please read this now"]
    assert len(told) == len(set(told)), "an address that fails brings no second one of the same telling"


def test_a_mailbox_of_hers_is_no_contacts(story: Story, server: MailServer) -> None:
    """What her people are told must not come to the phone that somebody else holds."""
    register_with_mailbox(story)
    story.plan_trip()
    person = {"name": "Gulnar", "relation": "mother", "language": "en", "role": "full", "disclosure": "full"}
    contacts = f"/trips/{story.trip_id}/contacts"
    refused = story.call("POST", contacts, {**person, "phone": MOTHER, "email": "Aizhan@Example.org"}, 422)
    assert refused["errors"] == [{"field": "email", "message": OWN_ADDRESS}]


def register_with_mailbox(story: Story) -> None:
    """She signs up with an e-mail address beside her number."""
    story.call("POST", "/travelers", {**_SIGN_UP, "email": "aizhan@example.org"}, 202)
    story.run()
    code = re.search(r"\d{6}", story.traveler.received[-1])
    assert code is not None
    story.token = story.call("POST", "/travelers/verify", {"phone": _SIGN_UP["phone"], "code": code.group()})["token"]


_SIGN_UP = {"name": "Aizhan", "phone": "+77011234567", "language": "en", "citizenship": "KZ"}


def test_who_reads_e_mails_says_on_her_page_whether_she_is_home(story: Story, server: MailServer) -> None:
    plan_with_mother(story, email=GULNAR)
    agree(story, server)
    story.arm()
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    story.run()
    subject, question = letters(server)[-1]
    assert subject == "Aizhan: news for you"
    assert "Aizhan says that the trip is over. Is Aizhan home?" in question
    assert "answer 1" not in question
    (link,) = OURS.findall(question)
    path = link.removeprefix("https://amanba.example")
    assert "Yes, Aizhan is home" in story.client.get(path).text
    story.client.post(path, data={"do": "not_home"})
    assert "Yes, Aizhan is home" not in story.client.get(path).text
    assert story.call("GET", f"/trips/{story.trip_id}")["status"] == "armed"
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    for _ in range(2):
        story.client.post(path, data={"do": "home"})
    story.run()
    assert story.call("GET", f"/trips/{story.trip_id}")["status"] == "ended"
    story.advance_to("2026-12-02T21:05+03:00")
    assert letters(server)[-1][1] == question or "no sign" not in letters(server)[-1][1]


def test_a_question_that_no_text_could_bring_brings_the_page_that_answers_it(story: Story, server: MailServer) -> None:
    plan_with_mother(story, phone=MOTHER, email=GULNAR)
    story.mother.reply("1")
    story.run()
    story.arm()
    story.twilio.refuse(MOTHER, 21614)
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    story.run()
    ((_, question),) = letters(server)
    (link,) = OURS.findall(question)
    assert "Yes, Aizhan is home" in story.client.get(link.removeprefix("https://amanba.example")).text
