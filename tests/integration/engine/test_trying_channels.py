"""How each way out is, and a test message through it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from engine.errors import NotAllowedError
from engine.inspecting_channels import ChannelState, ChannelView, channel_views
from engine.trying_channels import Tried, try_email, try_team
from notifications.messages import Kind, Notice
from storage import circuits, rests, tables
from tests.house import House, moment
from tests.models.reading import mailed, permanent

NOW = moment("2024-02-15")


def view(house: House, unit: str | None = "north", role: str = "admin") -> ChannelView:
    return next(one for one in channel_views(house.engine, house.actor(role), NOW) if one.unit == unit)


def broken(house: House) -> None:
    house.connect_team()
    with house.engine.database.write() as connection:
        connection.execute(update(tables.team_channel).values(refused=3, broken_at=NOW))


def test_a_unit_without_a_connection_is_told_so(house: House) -> None:
    assert view(house).state is ChannelState.NOT_SET_UP


def test_what_has_left_shows_that_it_works(house: House) -> None:
    house.open_case("2024-01-31")
    house.pass_time(NOW)
    email = view(house, None)
    assert (email.state, email.sent_at, email.waiting) == (ChannelState.WORKS, NOW, 0)


def test_a_failure_is_counted_where_it_belongs(house: House) -> None:
    house.open_case("2024-01-31")
    house.mail.fail_next(permanent())
    house.pass_time(NOW)
    email = view(house, None)
    assert (email.failed, email.error, email.failed_at) == (1, "smtp_550", NOW)
    assert view(house).failed == 0


def test_a_pause_a_rest_and_a_broken_connection_say_until_and_since_when(house: House) -> None:
    house.connect_team()
    with house.engine.database.write() as connection:
        rests.rest(connection, house.units["north"], NOW + timedelta(minutes=4))
        for _ in range(circuits.FAILURES_THAT_OPEN):
            circuits.count_failure(connection, "email", NOW)
    assert (view(house).state, view(house).until) == (ChannelState.RESTS, NOW + timedelta(minutes=4))
    assert (view(house, None).state, view(house, None).since) == (ChannelState.PAUSES, NOW)
    with house.engine.database.write() as connection:
        connection.execute(update(tables.team_channel).values(broken_at=NOW))
    assert (view(house).state, view(house).since) == (ChannelState.BROKEN, NOW)


def test_a_unit_manager_sees_and_tests_her_own_units_channel_alone(house: House) -> None:
    house.connect_team()
    manager = house.actor("unit_manager")
    (mine,) = channel_views(house.engine, manager, NOW)
    assert (mine.unit, mine.may_set, mine.may_test) == ("north", False, True)
    assert try_team(house.engine, "north", manager, NOW) == Tried(None)
    with pytest.raises(NotAllowedError):
        try_team(house.engine, "south", manager, NOW)
    with pytest.raises(NotAllowedError):
        try_email(house.engine, manager, NOW)
    with pytest.raises(NotAllowedError):
        channel_views(house.engine, house.actor("coordinator"), NOW)


def test_a_test_message_is_about_nobodys_case(sqlite_house: House) -> None:
    sqlite_house.connect_team()
    try_team(sqlite_house.engine, "north", sqlite_house.actor("admin"), NOW)
    (sent,) = sqlite_house.teams.sent
    assert isinstance(sent.message, Notice)
    assert (sent.message.kind, sent.message.case_ref) == (Kind.TEST, "BV-0000-0000")


def test_a_test_by_email_goes_to_whoever_asks(sqlite_house: House) -> None:
    assert try_email(sqlite_house.engine, sqlite_house.actor("admin"), NOW) == Tried(None)
    assert mailed(sqlite_house) == ["admin"]


def test_what_a_test_fails_with_is_told_and_mends_nothing(sqlite_house: House) -> None:
    broken(sqlite_house)
    sqlite_house.teams.fail_next(permanent("http_404"))
    assert try_team(sqlite_house.engine, "north", sqlite_house.actor("admin"), NOW) == Tried("http_404")
    assert view(sqlite_house).state is ChannelState.BROKEN


def test_a_test_that_gets_through_puts_a_broken_connection_in_use_again(house: House) -> None:
    broken(house)
    assert try_team(house.engine, "north", house.actor("admin"), NOW) == Tried(None, mended=True)
    assert view(house).state is ChannelState.UNTRIED


def test_a_connection_that_asked_for_rest_is_left_alone(sqlite_house: House) -> None:
    sqlite_house.connect_team()
    with sqlite_house.engine.database.write() as connection:
        rests.rest(connection, sqlite_house.units["north"], NOW + timedelta(minutes=4))
    assert try_team(sqlite_house.engine, "north", sqlite_house.actor("admin"), NOW) == Tried("rate")
    assert sqlite_house.teams.sent == []
