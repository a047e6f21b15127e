"""A computer's clock that is set back must not make anybody wait until it is where it was."""

from tasks.steps import Steps


class Clocks:
    """A computer whose clock can be set."""

    def __init__(self) -> None:
        self.told = 1000.0
        self.ran = 10.0
        self.steps = 0

    def step(self) -> None:
        self.steps += 1

    def pass_time(self, seconds: float, *, set_by: float = 0.0) -> None:
        self.ran += seconds
        self.told += seconds + set_by


def watching(clocks: Clocks) -> Steps:
    return Steps(clocks.step, lambda: clocks.told, lambda: clocks.ran)


def test_a_clock_that_goes_on_is_no_step() -> None:
    clocks = Clocks()
    steps = watching(clocks)
    clocks.pass_time(3600)
    assert not steps.look()
    assert clocks.steps == 0


def test_a_clock_that_is_set_back_is_noticed_once() -> None:
    clocks = Clocks()
    steps = watching(clocks)
    clocks.pass_time(1, set_by=-3600)
    assert [steps.look(), steps.look()] == [True, False]
    assert clocks.steps == 1


def test_a_clock_that_is_set_forward_needs_nobody() -> None:
    clocks = Clocks()
    steps = watching(clocks)
    clocks.pass_time(1, set_by=86_400)
    assert not steps.look()
    clocks.pass_time(1, set_by=-86_400)
    assert steps.look()


def test_a_hundredth_of_a_second_is_no_step() -> None:
    clocks = Clocks()
    steps = watching(clocks)
    clocks.pass_time(1, set_by=-0.01)
    assert not steps.look()
