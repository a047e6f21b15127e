"""A clinic's file becomes cases: every row accounted for, all or nothing, and twice read is not twice opened."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from textwrap import dedent
from threading import Barrier

import pytest
from sqlalchemy import select

from access.actors import OPERATOR
from access.identities import SealedIdentity
from access.personnumbers import synthetic_number, synthetic_serials
from engine.eligibility import Outside
from engine.errors import DefinitionMissingError, NotAllowedError, UnknownUnitError
from engine.import_problems import FixedFieldError, ImportRefusedError, MissingFieldsError
from engine.importing import Choices, ImportPreview, apply_import, preview_import
from intake.problems import FileProblem
from storage import tables
from tests.house import ROLES, House, moment

NOW = moment("2024-02-01")
HEADER = ("Personnummer", "Namn", "Beslutsdatum", "Från och med", "Till och med", "Omfattning", "Mottagning",
          "Koordinator", "Handläggare", "Förstagångsbeslut")  # fmt: skip
AKTIV = Choices(fixed={"origin": "fk_contact"})


def number(birth: str, which: int = 0) -> str:
    born = date.fromisoformat(birth)
    return synthetic_number(born, synthetic_serials(born)[which]).digits


def row(birth: str = "2000-05-05", **cells: str) -> list[str]:
    usual = {
        "number": number(birth),
        "name": "Prov Testperson",
        "decided": "2024-01-31",
        "first": "2024-01-01",
        "last": "2025-06-30",
        "level": "halv",
        "unit": "north",
        "coordinator": ROLES["coordinator"],
        "handler": "prov handler",
        "first_grant": "ja",
    }
    return list((usual | cells).values())


def write(tmp_path: Path, rows: Sequence[Sequence[str]]) -> Path:
    path = tmp_path / "beslut.csv"
    path.write_text("\n".join(";".join(cells) for cells in [HEADER, *rows]), encoding="utf-8")
    return path


def preview(house: House, path: Path, choices: Choices = AKTIV, programme: str = "aktiv-2023") -> ImportPreview:
    return preview_import(house.engine, path, programme, OPERATOR, NOW, choices=choices)


def meet(barrier: Barrier) -> None:
    barrier.wait()


def test_a_preview_counts_and_writes_nothing(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(), row("2001-05-05"), row("1990-01-01")])
    seen = preview(house, path)
    assert (seen.rows, len(seen.new), seen.known, seen.by_unit) == (3, 2, 0, {"north": 2})
    assert seen.outside == ((4, Outside.TOO_OLD),)
    assert seen.can_be_applied
    assert (house.count("case"), house.count("person"), house.count("intake")) == (0, 0, 0)


def test_applying_opens_each_case_with_its_people_and_data(house: House, tmp_path: Path) -> None:
    (opened,) = apply_import(house.engine, write(tmp_path, [row()]), "aktiv-2023", OPERATOR, NOW, choices=AKTIV).opened
    with house.engine.database.read() as connection:
        case = connection.execute(select(tables.case)).one()
        person = connection.execute(select(tables.person)).one()
    assert (case.ref, case.unit_id) == (opened.ref, house.units["north"])
    assert (case.coordinator_id, case.handler_id) == (house.staff["coordinator"], house.staff["handler"])
    assert {name: case.snapshot["data"][name] for name in ("level", "origin")} == {
        "level": "half",
        "origin": "fk_contact",
    }
    sealed = SealedIdentity(person.key_id, person.wrapped_key, person.nonce, person.ciphertext)
    assert house.engine.vault.open(person.id, sealed).name == "Prov Testperson"
    assert house.count("deadline") > 0


def test_the_same_file_twice_opens_no_second_case(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(), row("2001-05-05")])
    apply_import(house.engine, path, "aktiv-2023", OPERATOR, NOW, choices=AKTIV)
    again = apply_import(house.engine, path, "aktiv-2023", OPERATOR, NOW, choices=AKTIV)
    assert (len(again.opened), again.preview.known, again.preview.read_before) == (0, 2, NOW)
    assert (house.count("case"), house.count("intake")) == (2, 2)


def test_two_who_import_the_same_file_at_once_open_each_case_once(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(f"2000-05-{day:02}") for day in range(1, 21)])
    both_have_read = Barrier(2, timeout=30)

    def one() -> int:
        return len(
            apply_import(
                house.engine,
                path,
                "aktiv-2023",
                OPERATOR,
                NOW,
                choices=AKTIV,
                reading=lambda *_: meet(both_have_read),
            ).opened
        )

    with ThreadPoolExecutor(2) as pool:
        opened = sorted(future.result() for future in [pool.submit(one), pool.submit(one)])
    assert (opened, house.count("case"), house.count("person")) == ([0, 20], 20, 20)


def test_a_new_decision_about_a_known_person_is_a_new_case(house: House, tmp_path: Path) -> None:
    apply_import(house.engine, write(tmp_path, [row()]), "aktiv-2023", OPERATOR, NOW, choices=AKTIV)
    later = write(tmp_path, [row(), row(decided="2024-02-01")])
    assert len(apply_import(house.engine, later, "aktiv-2023", OPERATOR, NOW, choices=AKTIV).opened) == 1
    assert (house.count("case"), house.count("person")) == (2, 1)


def test_one_bad_cell_and_nothing_is_opened(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(), row("2001-05-05", decided="2024-02-30")])
    with pytest.raises(ImportRefusedError) as refused:
        apply_import(house.engine, path, "aktiv-2023", OPERATOR, NOW, choices=AKTIV)
    (problem,) = refused.value.problems
    assert (problem.row, problem.column, problem.cause) == (3, "C (Beslutsdatum)", "bad_date")
    assert (house.count("case"), house.count("person"), house.count("intake")) == (0, 0, 0)


@pytest.mark.parametrize(
    ("cells", "column", "cause"),
    [
        ({"unit": "nowhere"}, "G (Mottagning)", "unknown_unit"),
        ({"unit": ""}, "G (Mottagning)", "no_unit"),
        ({"coordinator": "Hemlig Person"}, "H (Koordinator)", "unknown_coordinator"),
        ({"coordinator": ROLES["handler"]}, "H (Koordinator)", "unknown_coordinator"),
        ({"handler": "Hemlig Person"}, "I (Handläggare)", "unknown_handler"),
        ({"decided": "2015-01-01"}, "C (Beslutsdatum)", "unfit"),
    ],
)
def test_a_misfit_is_named_by_row_and_column_and_never_quoted(
    house: House, tmp_path: Path, cells: dict[str, str], column: str, cause: str
) -> None:
    (problem,) = preview(house, write(tmp_path, [row(), row("2001-05-05", **cells)])).problems
    assert (problem.row, problem.column, problem.cause) == (3, column, cause)
    assert not any(value and value in problem.sv + problem.en for value in cells.values())


def test_a_unit_is_known_by_code_or_title_and_people_by_address_or_name(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(unit="MOTTAGNING  North", coordinator="Prov Coordinator", handler=ROLES["handler"])])
    assert preview(house, path).problems == ()


def test_a_unit_for_the_whole_file(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(unit="", coordinator="")])
    choices = Choices(unit="south", fixed=AKTIV.fixed)
    seen = preview(house, path, choices)
    assert (seen.by_unit, seen.without_coordinator) == ({"south": 1}, 1)
    with pytest.raises(UnknownUnitError):
        preview(house, path, Choices(unit="nowhere"))


def test_what_the_programme_requires_and_no_file_has_is_asked_for_once(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(), row("2001-05-05")])
    seen = preview(house, path, Choices())
    assert (seen.missing, seen.problems) == ({"origin": ("fk_contact", "pulse_meeting")}, ())
    with pytest.raises(MissingFieldsError):
        apply_import(house.engine, path, "aktiv-2023", OPERATOR, NOW)


@pytest.mark.parametrize("fixed", [{"nonsense": "x"}, {"decision_date": date(2024, 1, 1)}, {"origin": "letter"}])
def test_only_fitting_values_of_other_fields_can_be_set(house: House, tmp_path: Path, fixed: dict[str, str]) -> None:
    with pytest.raises(FixedFieldError):
        preview(house, write(tmp_path, [row()]), Choices(fixed=fixed))


def test_a_programme_of_first_grants_asks_which_rows_are(house: House, tmp_path: Path) -> None:
    path = write(
        tmp_path, [row(first_grant="ja"), row("2001-05-05", first_grant="nej"), row("2002-05-05", first_grant="")]
    )
    seen = preview(house, path, Choices(), "akt-sam")
    assert (len(seen.new), seen.outside) == (1, ((3, Outside.NOT_FIRST_GRANT),))
    assert [(problem.row, problem.cause) for problem in seen.problems] == [(4, "no_first_grant")]
    assert len(preview(house, path, Choices(first_grants=True), "akt-sam").new) == 2


def test_a_coordinator_imports_into_her_own_unit_alone(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(), row("2001-05-05", unit="south", coordinator="")])
    seen = preview_import(house.engine, path, "aktiv-2023", house.actor("coordinator"), NOW, choices=AKTIV)
    assert [(problem.row, problem.cause) for problem in seen.problems] == [(3, "foreign_unit")]
    with pytest.raises(NotAllowedError):
        preview_import(house.engine, path, "aktiv-2023", house.actor("handler"), NOW, choices=AKTIV)


def test_an_unknown_programme_and_an_unreadable_file_are_refused(house: House, tmp_path: Path) -> None:
    with pytest.raises(DefinitionMissingError):
        preview(house, write(tmp_path, [row()]), AKTIV, "nothing")
    with pytest.raises(FileProblem):
        preview(house, tmp_path / "missing.csv")


def test_a_whole_clinic_is_read_and_opened_with_progress(sqlite_house: House, tmp_path: Path) -> None:
    births = [
        f"{1996 + year}-{month:02}-{day:02}" for year in range(6) for month in range(1, 13) for day in (3, 13, 23)
    ]
    told: list[tuple[int, int]] = []
    path = write(tmp_path, [row(birth) for birth in births])
    opened = apply_import(
        sqlite_house.engine, path, "aktiv-2023", OPERATOR, NOW, lambda done, of: told.append((done, of)), choices=AKTIV
    ).opened
    assert len(opened) == len(births) == told[-1][0]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from access.actors import OPERATOR
    from access.identities import keyring_from_json
    from access.keyring import new_keyring_json
    from access.sealing import SecretBox
    from engine import importing, opening
    from engine.parts import Engine
    from storage.database import Database
    from tests.house import moment

    opening.BATCH = 2
    keys = new_keyring_json()
    engine = Engine(Database(sys.argv[1]), keyring_from_json(keys), SecretBox.from_keyring(keys), "https://x.example")
    die = lambda done, total: os.kill(os.getpid(), signal.SIGKILL)
    choices = importing.Choices(fixed={"origin": "fk_contact"})
    now = moment("2024-02-01")
    importing.apply_import(engine, Path(sys.argv[2]), "aktiv-2023", OPERATOR, now, die, choices=choices)
"""


def test_killed_in_the_middle_nothing_is_left(house: House, tmp_path: Path) -> None:
    path = write(tmp_path, [row(f"2000-05-{day:02}") for day in range(1, 8)])
    url = house.engine.database.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", dedent(KILLED), url, str(path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    counts = [house.count(table) for table in ("case", "person", "history", "deadline", "intake")]
    assert counts == [0, 0, 0, 0, 0]
    assert len(apply_import(house.engine, path, "aktiv-2023", OPERATOR, NOW, choices=AKTIV).opened) == 7
