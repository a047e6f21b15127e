"""Every date can explain itself, every refusal can be said to a person, every change can be shown before it is made."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.building import (
    CONSENT,
    FINAL_MEETING,
    FIRST_MEETING,
    FOLLOW_UP,
    LADDER,
    SE,
    Life,
    deadline,
    due,
    followed,
    granted,
    noon,
    on,
    programme,
)
from workflows.calendar import calendar_named
from workflows.case import Event
from workflows.catalogue import load_packaged
from workflows.dates import Offset, Roll, Span, Unit
from workflows.explain import Explanation, UnknownDeadlineError, compare, why_date, why_not
from workflows.guards import Value
from workflows.machine import decide, refusals_of
from workflows.model import DueRule, Text
from workflows.planning import Rules
from workflows.refusal_words import clause_words
from workflows.refusals import Refusal, Why
from workflows.rule_words import full_date, in_running_text, listed, roll_words, rule_words, small_first

DAY = date(2024, 2, 5)


def told(life: Life, kind: str, day: date = DAY) -> Explanation:
    return why_date(life.rules, life.now_is, kind, noon(day))


def part(life: Life, kind: str, topic: str, day: date = DAY) -> str:
    return {part.topic: part.text.sv for part in told(life, kind, day).parts}.get(topic, "")


# --- rules in words ---


@pytest.mark.parametrize(
    ("rule", "sv", "en"),
    [
        ("1 month after", "1 månad efter beslutsdatum", "1 month after decision"),
        ("30 days after", "30 dagar efter beslutsdatum", "30 days after decision"),
        ("3 months before", "3 månader före beslutsdatum", "3 months before decision"),
        ("5 working days after", "5 arbetsdagar efter beslutsdatum", "5 working days after decision"),
        ("1 working day before", "1 arbetsdag före beslutsdatum", "1 working day before decision"),
        ("2 weeks after", "2 veckor efter beslutsdatum", "2 weeks after decision"),
        ("1 year after", "1 år efter beslutsdatum", "1 year after decision"),
        ("on the day", "samma dag som beslutsdatum", "on the day of decision"),
        ("every 1 month after", "varje månad efter beslutsdatum", "every month after decision"),
        ("every 2 months after", "varannan månad efter beslutsdatum", "every 2 months after decision"),
        ("every 3 months after", "var 3:e månad efter beslutsdatum", "every 3 months after decision"),
        ("every 21 days after", "var 21:a dag efter beslutsdatum", "every 21 days after decision"),
        ("every 12 weeks after", "var 12:e vecka efter beslutsdatum", "every 12 weeks after decision"),
        ("every 2 years after", "vartannat år efter beslutsdatum", "every 2 years after decision"),
        ("every 3 years after", "vart 3:e år efter beslutsdatum", "every 3 years after decision"),
    ],
)
def test_a_rule_in_words(rule: str, sv: str, en: str) -> None:
    found = DueRule(Offset.parse(rule.removeprefix("every ")), "decision_date", rule.startswith("every "))
    anchor = Text("Beslutsdatum", "Decision")

    assert rule_words(found, anchor, None, "sv") == sv
    assert rule_words(found, anchor, None, "en") == en


def test_a_rule_with_an_end_in_words() -> None:
    words = rule_words(FOLLOW_UP.due, Text("Plan", "Plan"), Text("Till och med", "Until"), "sv")

    assert words == "var 3:e månad efter plan, fram till ”Till och med”"


@pytest.mark.parametrize(
    ("roll", "sv"),
    [
        (Roll.NONE, "dagen gäller även om den är en helgdag"),
        (Roll.NEXT, "är dagen ingen arbetsdag gäller närmast följande arbetsdag"),
        (Roll.PREVIOUS, "är dagen ingen arbetsdag gäller närmast föregående arbetsdag"),
    ],
)
def test_rolling_in_words(roll: Roll, sv: str) -> None:
    assert roll_words(roll, "sv") == sv


def test_a_date_in_words() -> None:
    assert full_date(date(2024, 2, 29), "sv") == "torsdag 29 februari 2024"
    assert full_date(date(2024, 2, 29), "en") == "Thursday 29 February 2024"


def test_a_title_within_a_sentence() -> None:
    assert in_running_text(Text("FK-beslut", "x"), "sv") == "FK-beslut"
    assert in_running_text(Text("Plan klar", "Plan done"), "en") == "“Plan done”"
    assert small_first("Sjukdom") == "sjukdom"


def test_lists_in_words() -> None:
    assert listed(["a"], "sv") == "a"
    assert listed(["a", "b", "c"], "sv") == "a, b eller c"
    assert listed(["a", "b"], "en", "and") == "a and b"


# --- why this date ---


def test_a_date_explains_itself_in_swedish() -> None:
    assert told(granted(FIRST_MEETING), "first_meeting").sv == (
        "Första mötet: senast torsdag 29 februari 2024. "
        "Regeln i prov (version 1) säger: 1 månad efter beslutsdatum; "
        "är dagen ingen arbetsdag gäller närmast följande arbetsdag. "
        "Beslutsdatum är onsdag 31 januari 2024; 1 månad efter är torsdag 29 februari 2024. "
        "Månaden saknar den dagen, så månadens sista dag gäller (lag 1930:173). "
        f"Kalender: SE ({SE.version}). "
        "Den blir klar med ”hold_first”. "
        "Härnäst: torsdag 15 februari 2024 påminnelse till rehabkoordinator; "
        "torsdag 22 februari 2024 påminnelse till rehabkoordinator och försäkringsutredare; "
        "fredag 1 mars 2024 eskalering till rehabkoordinator och ersättare."
    )


def test_a_date_explains_itself_in_english() -> None:
    english = told(granted(FIRST_MEETING), "first_meeting").en

    assert english.startswith("First meeting: by Thursday 29 February 2024 at the latest. The rule in prov (version 1)")
    assert "(Act 1930:173)" in english


def test_a_rolled_date_names_the_holidays_it_was_rolled_over() -> None:
    life = granted(FIRST_MEETING, decided=date(2024, 5, 21))

    assert part(life, "first_meeting", "calendar") == (
        f"Enligt kalendern SE ({SE.version}) är fredag 21 juni 2024 (Midsommarafton), "
        "lördag 22 juni 2024 (Midsommardagen) och söndag 23 juni 2024 inga arbetsdagar, "
        "så måndag 24 juni 2024 gäller."
    )


def test_a_date_rolled_backwards_names_the_days_it_was_rolled_over() -> None:
    assert part(granted(FINAL_MEETING), "final_meeting", "calendar") == (
        f"Enligt kalendern SE ({SE.version}) är lördag 31 maj 2025 ingen arbetsdag, så fredag 30 maj 2025 gäller."
    )


def test_a_date_that_is_its_anchor_is_not_counted() -> None:
    life = granted(deadline("first_meeting", "on the day decision_date"))

    assert part(life, "first_meeting", "anchor") == "Beslutsdatum är onsdag 31 januari 2024."


def test_what_meets_a_date_is_called_by_the_title_of_the_event() -> None:
    life = followed(FOLLOW_UP, CONSENT)

    assert part(life, "follow_up", "met_by") == "Den blir klar med ”follow_up” eller ”new_plan”."
    assert part(life, "consent", "met_by") == "Inget moment gör den klar; den upphör med sitt villkor."


def test_a_local_closure_is_named_too() -> None:
    life = granted(FIRST_MEETING)
    life.calendar = calendar_named("SE", frozenset({date(2024, 2, 29)}))
    life.fire("case.recompute", DAY)

    assert "torsdag 29 februari 2024 (stängt enligt mottagningens kalender) ingen arbetsdag" in part(
        life, "first_meeting", "calendar"
    )


def test_an_occurrence_says_which_one_it_is() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))

    assert part(life, "follow_up", "anchor", date(2024, 6, 3)) == (
        "Plan överenskommen är fredag 1 mars 2024; tillfälle 2, 6 månader efter är söndag 1 september 2024."
    )


def test_pauses_are_told_with_their_days() -> None:
    life = granted(FIRST_MEETING)
    life.fire("case.pause", DAY, kind="parental_leave")
    life.fire("case.resume", date(2024, 2, 19), kind="parental_leave")

    assert part(life, "first_meeting", "pauses", date(2024, 2, 19)) == (
        "Pauser: föräldraledighet från måndag 5 februari 2024 till måndag 19 februari 2024 (14 dagar). "
        "Datumet har flyttats 14 dagar."
    )


def test_a_pause_that_was_over_before_the_anchor_is_not_told() -> None:
    life = granted(FOLLOW_UP)
    life.fire("case.pause", DAY, kind="sick_leave")
    life.fire("case.resume", date(2024, 2, 12), kind="sick_leave")
    life.fire("hold_first", date(2024, 3, 1), held_on=date(2024, 3, 1), plan_agreed_on=date(2024, 3, 1))

    assert part(life, "follow_up", "pauses", date(2024, 3, 1)) == ""


def test_a_paused_date_says_that_it_will_be_reckoned_anew_and_promises_no_reminder() -> None:
    life = granted(FIRST_MEETING)
    life.fire("case.pause", DAY, kind="parental_leave")

    assert part(life, "first_meeting", "standing").startswith("Första mötet: pausad.")
    assert part(life, "first_meeting", "pauses").endswith("från måndag 5 februari 2024, pågår.")
    assert part(life, "first_meeting", "next") == ""


def test_a_passed_date_says_by_how_much() -> None:
    life = granted(FIRST_MEETING)

    assert "passerats" not in told(life, "first_meeting", date(2024, 2, 29)).sv
    assert "Datumet har passerats med 2 dagar." in told(life, "first_meeting", date(2024, 3, 2)).sv


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deadline.acknowledge", "Bevakningen är kvitterad till måndag 26 februari 2024; datumet ändras inte av det."),
        ("deadline.snooze", "Påminnelserna är uppskjutna till måndag 26 februari 2024."),
    ],
)
def test_a_quiet_is_told_while_it_lasts_and_holds_the_reminders_it_holds(name: str, words: str) -> None:
    life = granted(FIRST_MEETING)
    life.fire(name, DAY, deadline="first_meeting", until_on=date(2024, 2, 26), reason="x")

    assert part(life, "first_meeting", "quiet") == words
    assert part(life, "first_meeting", "next").startswith("Härnäst: fredag 1 mars 2024 eskalering")
    assert part(life, "first_meeting", "quiet", date(2024, 2, 26)) == ""


def test_a_ladder_at_its_end_says_so() -> None:
    assert part(granted(FIRST_MEETING), "first_meeting", "next", date(2024, 6, 1)) == "Inga fler påminnelser återstår."


def test_a_team_channel_is_called_what_it_is() -> None:
    assert (
        "enhetschef och mottagningens Teams-kanal" in told(granted(FIRST_MEETING), "first_meeting", date(2024, 3, 2)).sv
    )


def test_a_met_deadline_says_when() -> None:
    life = followed(FINAL_MEETING)
    life.fire("hold_final", date(2024, 4, 2), held_on=date(2024, 4, 1))

    assert part(life, "final_meeting", "standing") == "Slutmöte: klar måndag 1 april 2024."


def test_a_deadline_of_other_states_says_which() -> None:
    assert part(granted(FOLLOW_UP), "follow_up", "standing") == (
        "Uppföljning bevakas när ärendet är i ”Plan följs”; nu är det i ”Beviljad”."
    )


def test_a_deadline_without_its_anchor_says_what_is_missing() -> None:
    assert part(granted(FINAL_MEETING, until=None), "final_meeting", "standing") == (
        "Slutmöte har inget datum än: ”Ersättning till och med” är inte känt."
    )


def test_a_deadline_whose_condition_does_not_hold_says_which() -> None:
    life = granted(CONSENT)
    life.fire("give_consent", DAY)

    assert part(life, "consent", "standing") == (
        "Samtycke bevakas inte nu. Villkoret är inte uppfyllt: inte ”Samtycke till FK”."
    )


def test_a_series_at_the_end_of_its_period_says_so() -> None:
    life = followed(FOLLOW_UP, until=date(2024, 9, 2))
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))

    assert part(life, "follow_up", "standing", date(2024, 6, 3)) == (
        "Uppföljning bevakas inte mer: nästa skulle vara måndag 2 september 2024, men perioden är slut då."
    )


def test_an_unknown_deadline_is_told_which_there_are() -> None:
    with pytest.raises(UnknownDeadlineError) as error:
        told(granted(FIRST_MEETING), "pulse")

    assert error.value.allowed == ("first_meeting",)


def test_two_programmes_explain_why_the_same_decision_gives_two_dates() -> None:
    dates = {}
    for name in ("aktiv-2022", "akt-sam"):
        rules = Rules(load_packaged(name), SE)
        answers: dict[str, Value] = {
            "decision_date": date(2024, 1, 31),
            "benefit_from": date(2024, 2, 1),
            "benefit_until": date(2025, 1, 31),
        }
        case = decide(rules, None, Event("case.open", answers), noon(date(2024, 1, 31))).after
        dates[name] = why_date(rules, case, "first_meeting", noon(date(2024, 2, 1))).sv

    assert (
        "senast torsdag 29 februari 2024. Regeln i aktiv-2022 (version 1) säger: 1 månad efter" in dates["aktiv-2022"]
    )
    assert "senast fredag 1 mars 2024. Regeln i akt-sam (version 1) säger: 30 dagar efter" in dates["akt-sam"]


@given(
    decided=st.dates(date(2022, 1, 1), date(2030, 12, 31)),
    count=st.integers(0, 40),
    unit=st.sampled_from(Unit),
    sign=st.sampled_from([-1, 1]),
    roll=st.sampled_from(Roll),
)
def test_every_explanation_names_the_date_it_explains(
    decided: date, count: int, unit: Unit, sign: int, roll: Roll
) -> None:
    span = Span(count if unit is not Unit.YEARS else count % 6, unit)
    rule = replace(FIRST_MEETING, due=DueRule(Offset(span, sign), "decision_date"), roll=roll)
    life = granted(rule, decided=decided)
    due_on = life.due("first_meeting")
    assert due_on is not None

    explained = told(life, "first_meeting", decided)

    assert full_date(due_on, "sv") in explained.sv
    assert full_date(due_on, "en") in explained.en


# --- why not ---


@pytest.mark.parametrize("why", Why)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_cause_has_a_sentence_of_its_own(why: Why, language: str) -> None:
    sentence = why_not(Refusal(why, "decision_date", allowed=("granted",)), programme(), language)
    others = {
        why_not(Refusal(w, "decision_date", allowed=("granted",)), programme(), language) for w in Why if w != why
    }

    assert sentence.endswith(".")
    assert "{" not in sentence
    assert sentence not in others


@pytest.mark.parametrize(
    ("refusal", "sv"),
    [
        (
            Refusal(Why.WRONG_STATE, "granted", allowed=("booked", "following")),
            "Det går inte när ärendet är i ”Beviljad”; bara i ”Första möte bokat” eller ”Plan följs”.",
        ),
        (Refusal(Why.FINAL, "closed"), "Ärendet är avslutat: ”Avslutad”."),
        (Refusal(Why.MISSING_ANSWER, "held_on"), "”Hölls den” måste fyllas i."),
        (
            Refusal(Why.BAD_ANSWER, "place", allowed=("clinic", "video")),
            "”Plats” har ett värde som inte går; möjligt: Mottagningen eller Video.",
        ),
        (
            Refusal(Why.BAD_ANSWER, "held_on", allowed=("date in 2016-2040",)),
            "”Hölls den” har ett värde som inte går; möjligt: ett datum under 2016–2040.",
        ),
        # the name of the deadline is also the name of a transition
        (
            Refusal(Why.NOT_OPEN, "follow_up", allowed=("first_meeting",)),
            "”Uppföljning” bevakas inte just nu; möjligt: Första mötet.",
        ),
        (Refusal(Why.ALREADY_PAUSED, "sick_leave"), "Ärendet är redan pausat: ”Sjukskrivning”."),
        (Refusal(Why.UNTIL_PAST, "until_on"), "”Till” ligger för tidigt."),
        (
            Refusal(Why.WRONG_ROLE, "", allowed=("coordinator",)),
            "Din roll får inte göra detta; möjligt: Rehabkoordinator.",
        ),
    ],
)
def test_a_refusal_is_said_with_the_titles_of_the_definition(refusal: Refusal, sv: str) -> None:
    assert why_not(refusal, programme(), "sv") == sv


@pytest.mark.parametrize(
    ("clause", "sv", "en"),
    [
        ("consent.region_to_fk", "”Samtycke till FK”", "“Consent to FK”"),
        ("not consent.region_to_fk", "inte ”Samtycke till FK”", "not “Consent to FK”"),
        ("meetings_held >= 1", "”Hållna möten” är minst 1", "“Meetings held” is at least 1"),
        ("today < benefit_until", "dagens datum är före ”Ersättning till och med”", "today is before “Benefit until”"),
        ("benefit_until >= 2024-01-31", "”Ersättning till och med” är tidigast 2024-01-31", None),
        ("place == 'clinic'", "”Plats” är Mottagningen", "“Place” is The clinic"),
        ("place in ['clinic', 'video']", "”Plats” är något av [Mottagningen, Video]", None),
    ],
)
def test_a_clause_is_said_in_words(clause: str, sv: str, en: str | None) -> None:
    assert clause_words(clause, programme(), "sv") == sv
    if en:
        assert clause_words(clause, programme(), "en") == en


def test_what_stands_in_the_way_of_booking_can_be_told() -> None:
    life = granted()
    event = Event("book", {"meeting_at": on(2024, 2, 20), "place": "clinic"})

    (refusal,) = refusals_of(life.rules, life.now_is, event, noon(DAY))

    assert why_not(refusal, life.definition, "sv") == "Ett villkor är inte uppfyllt: ”Samtycke till FK”."


# --- what would change ---


def change(life: Life, name: str, day: date = DAY, language: str = "sv", **answers: Value) -> tuple[str, ...]:
    before = life.now_is
    after = life.fire(name, day, answers).after
    return compare(before, after, life.definition, language)


def test_a_new_period_shows_what_it_moves() -> None:
    life = granted(FIRST_MEETING, FINAL_MEETING)

    assert change(life, "extend", benefit_until=date(2025, 11, 30)) == (
        "Slutmöte: 2025-05-30 → 2025-08-29 (nytt: Ersättning till och med)",
    )


def test_opening_and_leaving_and_meeting_are_shown() -> None:
    life = granted(FIRST_MEETING, FOLLOW_UP, FINAL_MEETING)

    assert change(life, "hold_first", held_on=DAY, plan_agreed_on=DAY) == (
        "Första mötet: 2024-02-29 → bevakas inte längre",
        "Uppföljning: börjar bevakas, 2024-05-06",
    )
    assert change(life, "hold_final", held_on=DAY) == ("Slutmöte: 2025-05-30 → klar",)
    assert change(life, "follow_up", date(2024, 5, 6), "en", held_on=date(2024, 5, 6)) == (
        "Follow-up: 2024-05-06 → 2024-08-05 (the next occurrence)",
    )


def test_a_pause_is_shown_when_it_begins_and_when_it_ends() -> None:
    life = granted(FIRST_MEETING)

    assert change(life, "case.pause", kind="parental_leave") == ("Första mötet: 2024-02-29 → pausad",)
    assert change(life, "case.resume", date(2024, 2, 19), kind="parental_leave") == (
        "Första mötet: 2024-02-29 → 2024-03-14 (pausen är slut)",
    )


def test_a_whole_pause_is_shown_as_what_moved_the_date() -> None:
    life = granted(FIRST_MEETING)
    before = life.now_is
    life.fire("case.pause", DAY, kind="parental_leave")
    life.fire("case.resume", date(2024, 2, 19), kind="parental_leave")

    assert compare(before, life.now_is, life.definition, "sv") == ("Första mötet: 2024-02-29 → 2024-03-14 (paus)",)


def test_a_new_version_and_a_new_calendar_are_shown_as_what_they_are() -> None:
    life = granted(FIRST_MEETING)
    life.calendar = calendar_named("SE", frozenset({date(2024, 2, 29)}))
    assert change(life, "case.recompute") == ("Första mötet: 2024-02-29 → 2024-03-01 (ny kalender)",)

    life.definition = programme(replace(FIRST_MEETING, due=due("45 days after decision_date")), version="2")
    assert change(life, "case.migrate") == ("Första mötet: 2024-03-01 → 2024-03-18 (ny regel)",)


def test_what_a_new_version_drops_is_called_by_its_name() -> None:
    life = granted(FIRST_MEETING, FINAL_MEETING)
    life.definition = programme(FINAL_MEETING, version="2")

    assert change(life, "case.migrate") == ("first_meeting: 2024-02-29 → bevakas inte längre",)


def test_nothing_is_shown_when_nothing_moves() -> None:
    assert change(granted(deadline("x", "1 day after decision_date", ladder=LADDER)), "give_consent") == ()
