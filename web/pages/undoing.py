"""What happened last is taken back, from the case or from the line of a list it was done on."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from engine.inspecting_words import event_title
from engine.undoing import undo_last
from web.addresses import own_path
from web.errors import ForgedFormError
from web.visits import PostedDep, VisitDep, text_of
from workflows.undoing import UNDONE

router = APIRouter()


@router.post("/cases/{ref}/undo")
def undo(visit: VisitDep, form: PostedDep, ref: str) -> Response:
    """Take back the last event of a case, if it is still the last."""
    seq = text_of(form, "seq")
    if not seq.isascii() or not seq.isdecimal():
        raise ForgedFormError
    fired = undo_last(visit.place.engine, ref.upper(), visit.actor, visit.now, expected_seq=int(seq[:9]))
    undone = event_title(fired.rules.definition, str(fired.decision.event.answers[UNDONE]))
    back = own_path(text_of(form, "back")) if text_of(form, "back") else f"/cases/{fired.ref}"
    said = visit.words("undo.done", title=visit.words.of(undone))
    visit.say("done", f"{fired.ref} · {said}" if text_of(form, "back") else said)
    return RedirectResponse(back, 303)
