"""What is read: every list and page, as its reader may see it. The doors look here and nowhere deeper."""

from engine.inspecting_accounts import Accounts, accounts_of
from engine.inspecting_case import case_view
from engine.inspecting_case_parts import (
    AskedLine,
    CaseView,
    DeadlineLine,
    FieldLine,
    MeetingLine,
    Move,
    PauseLine,
    SlotLine,
    TimelineLine,
)
from engine.inspecting_cases import Band, CaseFilter, CaseLine, Caseload, Sort, caseload, chosen_lines
from engine.inspecting_changes import changed_since
from engine.inspecting_colleagues import Colleague, colleagues
from engine.inspecting_day import Day, DayLine, Scope, Section, Waits, day_of, scopes_of
from engine.inspecting_day_figures import Figure, figures_of
from engine.inspecting_history import HistoryLine, history_lines
from engine.inspecting_ledger import Ledger, LedgerFilter, LedgerLine, ledger_lines
from engine.inspecting_outbox import OutboxLine, outbox_lines
from engine.inspecting_pages import CursorError
from engine.inspecting_persons import PersonView, identity_of, person_of
from engine.inspecting_programmes import ProgrammeTitles, programme_titles
from engine.inspecting_staff import Member, RoleLine, StaffLine, UnitLine, member_of, staff_list, units
from engine.inspecting_system import ChannelLine, ProgrammeLine, SystemView, system_view

__all__ = [
    "Accounts",
    "AskedLine",
    "Band",
    "CaseFilter",
    "CaseLine",
    "CaseView",
    "Caseload",
    "ChannelLine",
    "Colleague",
    "CursorError",
    "Day",
    "DayLine",
    "DeadlineLine",
    "FieldLine",
    "Figure",
    "HistoryLine",
    "Ledger",
    "LedgerFilter",
    "LedgerLine",
    "MeetingLine",
    "Member",
    "Move",
    "OutboxLine",
    "PauseLine",
    "PersonView",
    "ProgrammeLine",
    "ProgrammeTitles",
    "RoleLine",
    "Scope",
    "Section",
    "SlotLine",
    "Sort",
    "StaffLine",
    "SystemView",
    "TimelineLine",
    "UnitLine",
    "Waits",
    "accounts_of",
    "case_view",
    "caseload",
    "changed_since",
    "chosen_lines",
    "colleagues",
    "day_of",
    "figures_of",
    "history_lines",
    "identity_of",
    "ledger_lines",
    "member_of",
    "outbox_lines",
    "person_of",
    "programme_titles",
    "scopes_of",
    "staff_list",
    "system_view",
    "units",
]
