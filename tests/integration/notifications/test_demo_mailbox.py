"""What the demo caught can be paged through, looked up and thrown away."""

from datetime import UTC
from pathlib import Path

from demo.mailbox import DemoMailbox
from tests.examples.messages import NOW, later

MAIL = b"Subject: =?utf-8?q?P=C3=A5minnelse?=\r\n\r\n=C3=84rende BV-7F3K-=\r\n92QX och BV-0000-1111\r\n"


def test_a_mail_is_kept_byte_for_byte(mailbox: DemoMailbox) -> None:
    caught = mailbox.get(mailbox.add_mail(MAIL, "kim@region.example", NOW))
    assert caught is not None
    assert caught.raw == MAIL


def test_a_mail_is_listed_with_its_subject_and_cases(mailbox: DemoMailbox) -> None:
    mailbox.add_mail(MAIL, "kim@region.example", NOW)
    (caught,) = mailbox.list()
    assert (caught.subject, caught.refs) == ("Påminnelse", ("BV-7F3K-92QX", "BV-0000-1111"))


def test_the_newest_comes_first(mailbox: DemoMailbox) -> None:
    for minutes in range(3):
        mailbox.add_mail(MAIL, "kim@region.example", later(minutes))
    assert [caught.received_at for caught in mailbox.list()] == [later(2), later(1), later(0)]


def test_a_page_follows_the_one_before(mailbox: DemoMailbox) -> None:
    numbers = [mailbox.add_mail(MAIL, "kim@region.example", NOW) for _ in range(5)]
    paged = [caught.id for offset in (0, 2, 4) for caught in mailbox.list(limit=2, offset=offset)]
    assert paged == numbers[::-1]


def test_virtual_time_is_kept_in_utc(mailbox: DemoMailbox) -> None:
    mailbox.add_mail(MAIL, "kim@region.example", NOW)
    assert mailbox.list()[0].received_at.tzinfo == UTC


def test_what_is_no_card_is_kept_too(mailbox: DemoMailbox) -> None:
    mailbox.add_card(b"\xff not json", "/hook", NOW)
    assert mailbox.list(kind="card")[0].subject == ""


def test_kinds_are_counted_apart(mailbox: DemoMailbox) -> None:
    mailbox.add_mail(MAIL, "kim@region.example", NOW)
    mailbox.add_card(b"{}", "/hook", NOW)
    assert (mailbox.count(), mailbox.count("mail"), mailbox.count("card")) == (2, 1, 1)


def test_a_search_finds_only_its_case(mailbox: DemoMailbox) -> None:
    mailbox.add_mail(MAIL, "kim@region.example", NOW)
    assert (mailbox.count(ref="BV-7F3K-92QX"), mailbox.count(ref="BV-7F3K-92QY")) == (1, 0)


def test_a_number_that_is_not_there_is_none(mailbox: DemoMailbox) -> None:
    assert mailbox.get(99) is None


def test_a_wiped_mailbox_is_empty(mailbox: DemoMailbox) -> None:
    mailbox.add_mail(MAIL, "kim@region.example", NOW)
    mailbox.wipe()
    assert mailbox.count() == 0


def test_another_reader_sees_what_was_caught(tmp_path: Path) -> None:
    writer, reader = DemoMailbox(tmp_path / "shared.db"), DemoMailbox(tmp_path / "shared.db")
    writer.add_mail(MAIL, "kim@region.example", NOW)
    assert reader.count() == 1
    writer.close()
    reader.close()
