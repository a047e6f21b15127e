from itertools import pairwise

from demo.people import CLINICS, WORKERS, email_of, leaves


def test_every_address_leads_nowhere() -> None:
    assert {worker.email.partition("@")[2] for worker in WORKERS} == {"bevaka.example", "fk.example"}
    assert len({worker.email for worker in WORKERS}) == len(WORKERS)


def test_every_clinic_has_a_coordinator_a_deputy_and_a_manager() -> None:
    for role in ("coordinator", "deputy", "unit_manager"):
        served = {unit for worker in WORKERS if worker.role == role for unit in worker.units}
        assert served == {clinic.code for clinic in CLINICS}


def test_nobody_is_away_twice_at_once_or_stands_in_for_herself() -> None:
    for worker in WORKERS:
        away = sorted((leave.from_on, leave.until_on) for leave in leaves() if leave.name == worker.name)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(away))
    assert all(leave.deputy != leave.name and email_of(leave.deputy) for leave in leaves())
