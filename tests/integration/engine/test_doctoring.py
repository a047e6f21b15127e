"""A check-up finds what would make somebody be forgotten, says how to mend it, and sends nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from access.actors import OPERATOR
from demo.catchers import MailCatcher, TeamsCatcher
from demo.certificates import DemoCertificates
from demo.mailbox import DemoMailbox
from engine.breaking_glass import break_glass
from engine.connecting import set_team_channel
from engine.doctoring import Finding, Health, check_database, examine
from engine.sweeping import sweep
from notifications.channels.email import EmailChannel, SmtpSettings
from notifications.channels.teams import TeamsSettings
from storage import tables
from storage.database import Database
from storage.ticks import take_tick
from tests.house import ROLES, House, moment

NOW = moment("2024-02-01")


def found(house: House, check: str, now: datetime = NOW, teams: TeamsSettings | None = None) -> list[Finding]:
    return [one for one in examine(house.engine, teams or TeamsSettings(), now) if one.check == check]


def change(house: House, statement: object) -> None:
    with house.engine.database.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def tick(house: House, at: datetime) -> None:
    with house.engine.database.write() as connection:
        take_tick(connection, "sweep", at)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> DemoCertificates:
    return DemoCertificates(tmp_path_factory.mktemp("tls"), datetime.now(UTC))


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[DemoMailbox]:
    box = DemoMailbox(tmp_path / "caught.db")
    yield box
    box.close()


def test_a_house_in_order_is_fine_but_for_its_mail_server(sqlite_house: House) -> None:
    sqlite_house.open_case("2024-01-31")
    tick(sqlite_house, NOW)
    unwell = {one.check for one in examine(sqlite_house.engine, TeamsSettings(), NOW) if one.health is not Health.OK}
    assert unwell == {"smtp"}


def test_a_clock_that_stands_still_is_an_error(house: House) -> None:
    house.open_case("2024-01-31")
    assert [one.health for one in found(house, "clock", moment("2024-02-16"))] == [Health.ERROR, Health.WARN]


def test_a_clock_that_never_ticked_is_a_warning_though_digests_were_queued(house: House) -> None:
    with house.engine.database.write() as connection:
        take_tick(connection, "digest", NOW)
    assert [one.health for one in found(house, "clock")] == [Health.WARN]


def test_a_clock_that_goes_is_fine(house: House) -> None:
    tick(house, NOW)
    assert [one.health for one in found(house, "clock")] == [Health.OK]


def test_nobody_to_hear_alarms_is_an_error(house: House) -> None:
    change(house, update(tables.staff).where(tables.staff.c.email == ROLES["admin"]).values(active=False))
    assert [one.health for one in found(house, "admins")] == [Health.ERROR]


def test_an_unheld_role_is_a_warning_that_says_who_gets_its_messages(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, tables.membership.delete().where(tables.membership.c.role == "deputy"))
    (finding,) = found(house, "roles")
    assert finding.health is Health.WARN
    assert "unit_manager" in finding.said.en


def test_a_role_without_anybody_above_is_an_error(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, tables.membership.delete().where(tables.membership.c.role == "project_lead"))
    assert Health.ERROR in {one.health for one in found(house, "roles")}


def test_cases_nobody_answers_for_are_counted(house: House) -> None:
    house.open_many(3, "2024-01-31")
    change(house, update(tables.case).values(coordinator_id=None))
    assert "3 of 3 cases in prov have no coordinator" in found(house, "roles")[0].said.en


def test_units_without_open_cases_need_nobody(house: House) -> None:
    change(house, tables.membership.delete().where(tables.membership.c.role != "admin"))
    assert [one.health for one in found(house, "roles")] == [Health.OK]


def test_deputies_in_a_circle_are_found_before_they_leave(house: House) -> None:
    house.away("coordinator", "2024-07-01", "2024-07-20", deputy="deputy")
    house.away("deputy", "2024-07-10", "2024-07-30", deputy="coordinator")
    (finding,) = found(house, "absences")
    assert finding.health is Health.WARN
    assert "2024-07-10" in finding.said.en


def test_a_deputy_who_is_there_is_fine(house: House) -> None:
    house.away("coordinator", "2024-02-01", "2024-02-20", deputy="deputy")
    assert [one.health for one in found(house, "absences")] == [Health.OK]


def test_dead_letters_and_long_waits_are_found(house: House) -> None:
    house.open_many(2, "2024-01-31")
    sweep(house.engine, moment("2024-02-15", "08:00"))
    later = moment("2024-02-15", "10:00")
    assert [one.health for one in found(house, "outbox", later)] == [Health.ERROR]
    change(house, update(tables.outbox).values(state="dead"))
    assert [one.health for one in found(house, "outbox", later)] == [Health.WARN]


def test_a_published_version_of_other_content_is_an_error(house: House) -> None:
    where = tables.definition.c.programme == "aktiv-2023"
    change(house, update(tables.definition).where(where).values(digest="0" * 64))
    assert Health.ERROR in {one.health for one in found(house, "definitions")}


def test_a_mail_server_that_cannot_be_reached_is_an_error(sqlite_house: House) -> None:
    assert [(one.health, one.said.en) for one in found(sqlite_house, "smtp")] == [
        (Health.ERROR, "the mail server will not do: connect")
    ]


def test_a_mail_server_is_greeted_and_gets_no_mail(
    sqlite_house: House, mailbox: DemoMailbox, certificates: DemoCertificates
) -> None:
    with MailCatcher(mailbox, certificates, lambda: NOW) as catcher:
        settings = SmtpSettings(
            host="localhost",
            port=catcher.port,
            security="starttls",
            sender="bevaka@bevaka.example",
            message_id_key=b"k" * 32,
            message_id_domain="bevaka.example",
            cafile=certificates.ca_file,
        )
        engine = replace(sqlite_house.engine, email=EmailChannel(settings))
        (finding,) = [one for one in examine(engine, TeamsSettings(), NOW) if one.check == "smtp"]
    assert finding.health is Health.OK
    assert mailbox.count() == 0


def test_a_teams_host_is_reached_and_gets_no_card(
    sqlite_house: House, mailbox: DemoMailbox, certificates: DemoCertificates
) -> None:
    with TeamsCatcher(mailbox, certificates, lambda: NOW) as catcher:
        origin = f"https://localhost:{catcher.port}"
        teams = TeamsSettings(trusted_origins=frozenset({origin}), cafile=certificates.ca_file)
        set_team_channel(sqlite_house.engine, "north", f"{origin}/hook?sig=verysecret", teams, OPERATOR)
        (finding,) = found(sqlite_house, "teams", teams=teams)
    assert finding.health is Health.OK
    assert "verysecret" not in finding.said.en
    assert mailbox.count() == 0


def test_a_broken_or_unreadable_teams_connection_is_an_error(house: House) -> None:
    house.connect_team()
    change(house, update(tables.team_channel).values(sealed_url=b"k1|nonsense"))
    assert [one.health for one in found(house, "teams")] == [Health.ERROR]
    change(house, update(tables.team_channel).values(broken_at=NOW))
    assert [one.health for one in found(house, "teams")] == [Health.ERROR]


def test_a_database_without_schema_is_an_error(database_url: str) -> None:
    database = Database(database_url)
    assert check_database(database).health is Health.ERROR
    database.close()


def test_a_database_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/no/such/folder/file.sqlite")
    finding = check_database(database)
    assert (finding.health, finding.said.en) == (Health.ERROR, "the database cannot be reached")
    database.close()


def test_the_last_absence_day_counts(house: House) -> None:
    house.away("coordinator", "2024-02-01", "2024-02-01", deputy="deputy")
    house.away("deputy", "2024-02-01", "2024-02-02", deputy="coordinator")
    assert [one.health for one in found(house, "absences")] == [Health.WARN]
    assert date(2024, 2, 1).isoformat() in found(house, "absences")[0].said.sv


def test_broken_glass_that_nobody_has_reviewed_in_time_is_told(house: House) -> None:
    break_glass(house.engine, house.open_case("2024-01-31"), "Patienten ringer akut", house.actor("deputy"), NOW)
    in_time, late = NOW + timedelta(hours=72), NOW + timedelta(hours=73)
    assert [one.health for one in found(house, "openings", in_time)] == [Health.OK]
    assert [one.health for one in found(house, "openings", late)] == [Health.WARN]
