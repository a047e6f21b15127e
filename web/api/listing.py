"""Pages of long lists: a limit, an opaque cursor, and a link to the next page."""

from typing import Annotated

from pydantic import Field, StringConstraints

from web.addresses import address
from web.api.calls import Call
from web.api.shapes import Query

MOST = 200


class Paged(Query):
    """What every long list takes."""

    limit: Annotated[int, Field(ge=1, le=MOST, description="How many lines at most.")] = 50
    cursor: Annotated[
        str | None,
        StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,400}$"),
        Field(description="`next_cursor` of the page before."),
    ] = None


def next_link(call: Call, cursor: str | None) -> dict[str, str]:
    """Return the header that leads to the next page; nothing on the last one."""
    if cursor is None:
        return {}
    params: dict[str, str | None] = {**call.request.query_params, "cursor": cursor}
    return {"Link": f'<{address(call.request.url.path, params)}>; rel="next"'}
