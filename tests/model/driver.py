"""Runs commands on the service and on the model, and after each compares all that can be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from app.auth import Principal
from app.deps import Deps, background
from app.domain.absence import Absence
from app.domain.errors import Refusal
from app.domain.task import Task
from app.service.commands import Commands
from app.service.extend_deadline import extend_deadline
from tests.clock import START, Clock
from tests.model import audit, clockwork, views
from tests.model.commands import Aim, Command, Wait
from tests.model.scene import Scene, a_model, keeper
from tests.model.settings import ComeBack, Race, Reconnect, Step
from tests.model.state import Job, Model, Person, Refused
from tests.model.watchers import Watcher

NOBODY = "00000000-0000-0000-0000-000000000000"
TICK = timedelta(milliseconds=1)
"""So much later is each step at least: no two things happen at one moment, as with a real clock."""


async def run(deps: Deps, clock: Clock, steps: Sequence[Step]) -> Model:
    """The steps from an empty service on; the model after them. Raises AssertionError at the first difference, naming
    the steps so far."""
    await clock.set(START)
    first, second = Commands(deps), Commands(deps)
    async with background(deps.tail.follow):
        driver = await Driver.start(await Scene.set(first), second, clock)
        done: list[str] = []
        try:
            for step in steps:
                done.append(repr(step))
                await driver.take(step)
            audit.check_nobody_is_shown_in_vain(driver.model)
        except AssertionError as error:
            error.add_note("after the steps:\n" + "\n".join(done))
            raise
        finally:
            await driver.stop()
            await first.drain()
            await second.drain()
        return driver.model


@dataclass
class Driver:
    scene: Scene
    second: Commands
    clock: Clock
    model: Model
    logs: audit.Logs
    watchers: dict[Person, Watcher]
    steps: int = 0

    @classmethod
    async def start(cls, scene: Scene, second: Commands, clock: Clock) -> Self:
        principals = await scene.principals()
        watchers = {
            who: Watcher(scene.deps, principal, scene.beacons[who.workspace])
            for who, principal in principals.items()
            if who.reviewer
        }
        for watcher in watchers.values():
            await watcher.start(watcher.principal)
        logs = audit.Logs(scene.deps, scene.beacons)
        return cls(scene, second, clock, a_model(), logs, watchers)

    async def stop(self) -> None:
        for watcher in self.watchers.values():
            await watcher.stop()

    async def take(self, step: Step) -> None:
        """One step, on both, and all compared."""
        await self._move_clock(step)
        commands = [step.first, step.second] if isinstance(step, Race) else [step]
        aims = [self._aim(command) for command in commands]
        principals = await self.scene.principals()
        stacks = (self.scene.commands, self.second)
        results = await asyncio.gather(
            *(
                _outcome(command.app(stack, principals[who], aim))
                for stack, command, (who, aim) in zip(stacks, commands, aims, strict=False)
            )
        )
        await self._settle(commands, aims, results)
        await self._compare(step)

    async def _move_clock(self, step: Step) -> None:
        now = self.model.now + TICK
        if isinstance(step, Wait):
            soon = clockwork.moments(self.model)
            if step.minutes is not None:
                now = self.model.now + timedelta(minutes=step.minutes)
            elif soon:
                now = max(now, soon[0] + step.late * TICK)
        self.model.now = now
        await self.clock.set(now)

    def _aim(self, command: Command) -> tuple[Person, Aim]:
        """Whom and what a command is about. Numbers choose: mostly one of the last pending tasks, and somebody to whom
        it matters."""
        if isinstance(command, ComeBack):
            latest = self.model.absences[::-1]
            id_ = latest[command.absence % len(latest)].id if latest else NOBODY
            return self._who(command, None), Aim(id_, 0, self.model.now)
        jobs = list(self.model.jobs.values())[::-1]
        pending = [job for job in jobs if job.status == "PENDING"][:4]
        among = pending if pending and command.task < 28 else jobs
        job = among[command.task % len(among)] if among else None
        aim = Aim(job.id, job.version, self.model.now) if job else Aim(NOBODY, 0, self.model.now)
        return self._who(command, job), aim

    def _who(self, command: Command, job: Job | None) -> Person:
        people = self.model.people
        if isinstance(command.who, str):
            return next(who for who in people if who.key == command.who)
        if command.direct or job is None:
            likely = [who for who in people if who.roles & {"WORKFLOW", "ADMIN"}]
        else:
            holders = {seat.holder for seat in job.seats}
            likely = [who for who in people if who.workspace == job.workspace and self.model.tokens(who) & holders]
        among = likely if likely and command.who % 8 != 7 else people
        return among[command.who // 8 % len(among)]

    async def _settle(self, commands: list[Command], aims: list[tuple[Person, Aim]], results: list[Any]) -> None:
        """The model does the same; of two at once, in the order that explains what came of them."""
        orders = [[0, 1], [1, 0]] if len(commands) == 2 else [[0]]
        said = ""
        for order in orders:
            model = deepcopy(self.model)
            model.lost.clear()
            expected = {n: _expected(model, commands[n], *aims[n], _new_id(results[n])) for n in order}
            differ = [f"{commands[n]} gave {results[n]}, not {expected[n]}" for n in order if results[n] != expected[n]]
            said = "; ".join(differ) or await audit.tasks_differ(self.scene.deps, model)
            if not said:
                self.model = model
                return
        raise AssertionError(said)

    async def _compare(self, step: Step) -> None:
        deps, beacons = self.scene.deps, self.scene.beacons
        principals = await self.scene.principals()
        for who, watcher in self.watchers.items():
            if isinstance(step, Reconnect) or principals[who].assignees != watcher.principal.assignees:
                await watcher.start(principals[who])
        versions = {
            place: (await extend_deadline(self.scene.commands, keeper(place), beacon, "PT1S", None)).version
            for place, beacon in beacons.items()
        }
        await self.logs.check(self.model)
        # What somebody sees stays to be seen, so it is enough to ask them in turn.
        looks = self.model.people[self.steps % len(self.model.people)]
        self.steps += 1
        await audit.check_sight(deps, self.model, looks, principals[looks], beacons[looks.workspace])
        strict = not isinstance(step, Race)
        await asyncio.gather(
            *(
                self._check_watcher(who, watcher, principals[who], versions[who.workspace], strict=strict)
                for who, watcher in self.watchers.items()
            )
        )

    async def _check_watcher(
        self, who: Person, watcher: Watcher, principal: Principal, version: int, *, strict: bool
    ) -> None:
        beacon = self.scene.beacons[who.workspace]
        has = await audit.check_inbox(self.scene.deps, self.model, who, principal, beacon)
        await watcher.catch_up(version, strict=strict)
        assert watcher.has == has, f"{who.key}'s stream says {watcher.has}, the inbox {has}"
        self._check_reasons(who, watcher, strict=strict)

    def _check_reasons(self, who: Person, watcher: Watcher, *, strict: bool) -> None:
        for (place, reviewer, id_), reason in self.model.lost.items():
            if (place, reviewer) == (who.workspace, who.reviewer) and id_ not in watcher.has:
                told = watcher.lost.get(id_)
                # Of two at once both happen in one moment of this clock, as on no real one: whoever left with their
                # answer is then told of the ending, too.
                after = "CANCELLED" if not strict and self.model.jobs[id_].status == "CANCELLED" else reason
                assert told in (reason, after), f"{who.key} lost {id_} as {told}, not {reason}"


def _new_id(result: Any) -> str | None:
    """The id that the service gave to what it made."""
    return result[1] if isinstance(result, tuple) else None


async def _outcome(work: Any) -> Any:
    """What came of a command, as a plain value: for a task or an absence its id goes with it."""
    try:
        result = await work
    except Refusal as refusal:
        return type(refusal).__name__
    except Exception as error:
        return f"a surprise: {error!r}"  # never what the model expects
    if isinstance(result, Task):
        return views.of_task(result), str(result.id)
    return (None, str(result.id)) if isinstance(result, Absence) else result


def _expected(model: Model, command: Command, who: Person, aim: Aim, new_id: str | None) -> Any:
    if command.makes:
        aim = Aim(new_id or NOBODY, 0, aim.now)
    try:
        result = command.plain(model, who, aim)
    except Refused as refused:
        return refused.kind
    if isinstance(result, Job):
        return views.of_job(deepcopy(result)), result.id
    return (None, aim.id) if command.makes else result
