"""Does the demo's errands, one after another, in a thread of the process that runs the demo."""

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

from demo.clock import DemoClock
from demo.errands import Errand, Errands, Journey, Stage
from demo.seeding import SEED
from demo.simulation import Coordinators
from demo.time_machine import TimeMachine, Travelled
from engine.parts import Engine

_LOG = logging.getLogger(__name__)
LOOKS = 0.3  # seconds between two looks for a new errand


def look_away(_errand: Errand) -> None:
    """Watch nothing."""


class Traveller:
    """Waits for errands and does them. `Errands.ask` is how to get something done.

    Args of the constructor:
        engine, clock: the demo's.
        watch: told of every new day of a journey.
    """

    def __init__(self, engine: Engine, clock: DemoClock, watch: Callable[[Errand], None] = look_away) -> None:
        self._clock = clock
        self._watch = watch
        self._machine = TimeMachine(engine, clock)
        self._errands = Errands(engine.database)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="traveller", daemon=True)

    def start(self) -> None:
        """Begin to look for errands."""
        self._errands.forget_interrupted()
        self._thread.start()

    def stop(self, patience: float = 3.0) -> None:
        """Look no more; a journey under way ends at its next day."""
        self._stopping.set()
        self._thread.join(patience)

    def do(self, errand: Errand) -> Errand:
        """Do an errand, here and now; return how it ended. Whatever goes wrong, it ends."""
        running = replace(errand, stage=Stage.RUNNING)
        self._errands.report(running)
        try:
            ended = self._outage(running) if errand.journey is Journey.OUTAGE else self._forward(running)
        except Exception as error:  # noqa: BLE001 - the demo goes on, and the next errand may be asked for
            _LOG.error("the journey broke off: %s", type(error).__name__)
            ended = replace(running, stage=Stage.FAILED)
        self._errands.report(ended)
        return ended

    def _forward(self, errand: Errand) -> Errand:
        people = [Coordinators(self._machine.engine, SEED, self._clock())] if errand.acting else []

        def watch(travelled: Travelled) -> bool:
            so_far = _so_far(errand, travelled)
            self._watch(so_far)
            return self._errands.report(so_far) and not self._stopping.is_set()

        travelled = self._machine.advance(errand.until, people, watch)
        stage = Stage.CANCELLED if travelled.cancelled else Stage.DONE
        return replace(_so_far(errand, travelled), stage=stage)

    def _outage(self, errand: Errand) -> Errand:
        self._machine.outage(errand.until)
        return replace(errand, stage=Stage.DONE)

    def _run(self) -> None:
        while not self._stopping.wait(LOOKS):
            errand = self._errands.latest()
            if errand is not None and errand.stage is Stage.ASKED:
                self.do(errand)


def _so_far(errand: Errand, travelled: Travelled) -> Errand:
    return replace(errand, day=travelled.day, messages=travelled.messages, events=travelled.events)
