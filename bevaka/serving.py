"""The web workplace behind a port: the scaled-out run's own server."""

import socket
from contextlib import closing

from bevaka.running import listen, stopping_cleanly, watched_by, web_secret
from config.settings import Settings
from engine.parts import Engine
from notifications.channels.clock import utc_now


def serve(settings: Settings, engine: Engine, host: str, port: int) -> None:
    """Serve the pages, the figures and the health of one engine until told to stop.

    Raises:
        PortTakenError: another program listens there.
    """
    import uvicorn  # noqa: PLC0415 - a third of a second that refusals need not wait for

    from web.app import create_app  # noqa: PLC0415

    web = create_app(engine, utc_now, None, web_secret(settings), watched=watched_by(settings))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"web: {settings.public_url} (code: {web.state.place.access.code})", flush=True)

    with stopping_cleanly(), closing(listen(port, host)) as listener:
        config = uvicorn.Config(web, log_config=None, access_log=False, server_header=False)
        Server(config).run(sockets=[listener])
