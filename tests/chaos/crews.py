"""Starts a crew of small processes (tests/programs/crew.py) on a stage, and knows who its members are."""

import os
import signal
import sys
from dataclasses import dataclass

from tests.chaos.stage import Stage
from tests.embedded import until
from tests.processes import Process
from tests.programs.postmen import END

PROGRAM = (sys.executable, "-m", "tests.programs.crew")
POSTMEN = "tests.programs.postmen:deliver_until_the_end"


@dataclass
class Crew:
    """Members that work on a stage. One that is killed is begun anew."""

    process: Process
    stage: Stage

    def pids(self) -> dict[int, int]:
        """Return the process id of each member that lives, by its number."""
        living: dict[int, int] = {}
        for line in self.process.text.splitlines():
            match line.split():
                case ["begun", member, pid]:
                    living[int(member)] = int(pid)
                case ["ended", member, pid, _status] if living.get(int(member)) == int(pid):
                    del living[int(member)]
        return living

    def signal(self, member: int, number: signal.Signals) -> None:
        """Send a signal to a member that lives."""
        os.kill(self.pids()[member], number)

    def ended(self) -> list[int]:
        """Return the statuses that members have ended with so far."""
        lines = [line.split() for line in self.process.text.splitlines()]
        return [int(words[3]) for words in lines if len(words) == 4 and words[0] == "ended"]


def start_crew(stage: Stage, job: str, number: int, **settings: str) -> Crew:
    """Start so many members that do `job` (`module:function`), and wait until all have begun."""
    crew = Crew(stage.region.start(job, str(number), program=PROGRAM, **settings), stage)
    crew.process.has_said(f"begun {number - 1}")
    return crew


def go_home(*crews: Crew, patience: float = 60.0) -> None:
    """Tell postmen to stop after what they have in hand, and wait until they have."""
    end = crews[0].stage.folder / END
    end.touch()
    until(lambda: all(crew.process.popen.poll() is not None for crew in crews), "the crew to go home", patience)
    end.unlink()
