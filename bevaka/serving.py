"""The web workplace behind a port: the scaled-out run's own server."""

import socket
from contextlib import closing

from bevaka.entrances import entrance_of, how_to_begin
from bevaka.running import listen, stopping_cleanly, watched_by, web_secret
from config.settings import Settings
from engine.parts import Engine
from notifications.channels.clock import utc_now
from storage.shared_clock import SharedClock


def serve(settings: Settings, engine: Engine, host: str, port: int) -> None:
    """Serve the pages, the figures and the health of one engine until told to stop.

    Raises:
        PortTakenError: another program listens there.
    """
    import uvicorn  # noqa: PLC0415 - a third of a second that refusals need not wait for

    from web.app import create_app  # noqa: PLC0415

    clock = SharedClock(engine.database, utc_now)
    door, watch = entrance_of(settings), watched_by(settings)
    limit, secret = settings.api_requests_per_minute, web_secret(settings)
    web = create_app(engine, clock, None, secret, entrance=door, watched=watch, requests_per_minute=limit)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"web: {settings.public_url}{how_to_begin(engine)}", flush=True)

    with stopping_cleanly(), closing(listen(port, host)) as listener:
        config = uvicorn.Config(web, log_config=None, access_log=False, server_header=False)
        Server(config).run(sockets=[listener])
