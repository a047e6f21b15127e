"""A unit's Teams connection: its address is a credential, checked before it is kept, sealed, and never shown again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from access.actors import Actor
from access.rules import ALLOWED, Action
from engine.authorising import authorise_anywhere
from engine.inspecting_visible import units_where
from engine.parts import Engine
from engine.staffing import BadEntryError, unit_id_of
from notifications.channels.teams import TeamsSettings
from notifications.channels.teams.urls import check_webhook_url
from storage.tables import team_channel, unit


@dataclass(frozen=True, slots=True)
class ConnectedTeam:
    """What may be shown of a Teams connection. `label` is its host and four digits of a hash."""

    unit: str
    label: str
    language: str
    refused: int
    broken_at: datetime | None


def set_team_channel(
    engine: Engine, unit_code: str, url: str, settings: TeamsSettings, actor: Actor, *, language: str = "sv"
) -> str:
    """Give a unit its Teams connection, in place of the one it had, and return the label that may be shown.

    Args:
        engine: the parts.
        unit_code: the unit.
        url: the address of the workflow in Teams.
        settings: which addresses may be used.
        actor: who does it.
        language: the language of the channel, "sv" or "en".

    Raises:
        NotAllowedError: the actor does not mind the channels.
        UnknownUnitError, BadEntryError: the unit or the language is unknown.
        WebhookUrlError: the address may not be used. It is not quoted.
    """
    authorise_anywhere(actor, Action.MANAGE_CHANNELS)
    if language not in ("sv", "en"):
        raise BadEntryError("language", "sv, en")
    checked = check_webhook_url(url.strip(), settings)
    with engine.database.write() as connection:
        unit_id = unit_id_of(connection, unit_code)
        here = team_channel.c.unit_id == unit_id
        found = connection.execute(select(team_channel.c.id).where(here)).scalar_one_or_none()
        if found is None:
            row = {"unit_id": unit_id, "sealed_url": b"", "label": checked.label}
            found = connection.execute(insert(team_channel).values(**row).returning(team_channel.c.id)).scalar_one()
        # The seal is bound to the row's id, which the database has only just given.
        sealed = engine.secrets.seal(f"team_channel|{found}", checked.reveal())
        values = {"sealed_url": sealed, "label": checked.label, "language": language, "refused": 0, "broken_at": None}
        connection.execute(update(team_channel).where(here).values(**values))
    return checked.label


def connected_teams(engine: Engine, actor: Actor) -> list[ConnectedTeam]:
    """Return the Teams connections an actor may see (her own units', or all), without their addresses."""
    authorise_anywhere(actor, Action.SEE_CHANNELS)
    mine = units_where(actor, ALLOWED[Action.SEE_CHANNELS])
    columns = (team_channel.c.label, team_channel.c.language, team_channel.c.refused, team_channel.c.broken_at)
    query = select(unit.c.code, *columns).join(unit, unit.c.id == team_channel.c.unit_id).order_by(unit.c.code)
    if mine is not None:
        query = query.where(unit.c.id.in_(sorted(mine)))
    with engine.database.read() as connection:
        return [ConnectedTeam(*row) for row in connection.execute(query)]
