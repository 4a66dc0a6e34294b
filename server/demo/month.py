"""Who does what on which day: thirty days that are over, today in full swing, and the week to come.

Everything is relative to the moment of loading, so that there is always work for today, whatever the clock says.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from server import clock
from server.demo.beside import Beside
from server.demo.deadlines import Deadlines
from server.demo.quality import Quality
from server.demo.visits import Matter, Stage, Trip
from server.demo.world import World
from server.models import Asset, Site, User

PAST_DAYS = 30
HEROES = ("wanglei", "liqiang", "zhaomin")  # the engineers whose logins the welcome page names
OPENING = 8  # o'clock, the first slot
PATROL_TITLES = {"monthly": "月度巡查", "quarterly": "季度巡查", "half_year": "半年保养"}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# What the fates of past repairs are dealt from, in turn.
FATES = (
    "closed", "closed", "closed", "reviewed", "closed", "closed", "cancelled", "closed", "returned", "closed",
    "closed", "declined", "closed", "partial", "closed", "breached", "closed", "reassigned", "closed", "breached",
)  # fmt: skip


class Month:
    """Writes the month into the stage's timeline."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self.world: World = stage.world
        self.dispatchers = [user.login for user in self.world.users.values() if user.has_role("dispatcher")]
        self.operator = self.world.one_with("operator")
        self.supervisor = self.world.one_with("supervisor")
        self.caller = self.world.one_with("call_back")
        self.cases = self.world.rng.sample(self.world.words["cases"], len(self.world.words["cases"]))
        self.others = [user for user in self.world.engineers if user.login not in HEROES]
        self.dealt = 0
        self.shown = 0
        self.heroes: dict[str, list[Trip]] = {}

    def write(self) -> None:
        for day in range(-PAST_DAYS, 0):
            self._past_day(day)
        for login in HEROES:
            self._hero(login)
        self._today()
        self._waiting_orders()
        self._coming_days()
        self._statuses()
        for number, (login, trips) in enumerate(self.heroes.items()):  # last: it takes no chance from what stands above
            Beside(self.stage, login, trips).write(number)
        Deadlines(self.stage).write()
        Quality(self.stage).write()

    # --- Matters ------------------------------------------------------------------------------------------

    def _repair(self, reported_at: datetime, remote: bool = False, level: int | None = None) -> Matter:
        case = self._case(remote)
        asset: Asset = self.world.asset_for(case)
        site = self.world.sites[asset.site_id]
        description = f"客户来电:{case['title_zh']}。设备:{asset.name}({asset.location})。"
        return Matter(
            self.world.id(reported_at), site, "repair", case["title_zh"], level or case["level"], reported_at,
            description, asset, case,
        )  # fmt: skip

    def _case(self, remote: bool) -> dict[str, Any]:
        """The next case of the pile; it goes back under it."""
        index = next(i for i, case in enumerate(self.cases) if case["remote"] or not remote)
        case = self.cases.pop(index)
        self.cases.append(case)
        return dict(case)

    def _patrol(self, kind: str, reported_at: datetime, day: int) -> Matter:
        site: Site = self.world.rng.choice([s for s in self.world.sites.values() if self._has_standard_promise(s)])
        month = f"{(self.world.local(day, 12)).month} 月" if kind == "monthly" else ""
        title = f"{site.name}{month}{PATROL_TITLES[kind]}"
        return Matter(self.world.id(reported_at), site, kind, title, 3, reported_at, "按维保合同执行。")

    def _trip(self, matter: Matter, start: datetime, hours: float, who: User | None = None, **more: Any) -> Trip:
        end = start + hours * HOUR
        skill = matter.asset.asset_class if matter.asset else ""
        lead = who or self.world.free(self.world.skilled(skill, self.others), start - HOUR / 2, end)
        return Trip(self.world.id(start), matter, lead.login, start, end, **more)

    def _dispatcher(self) -> str:
        return str(self.world.rng.choice(self.dispatchers))

    def _book(self, matter: Matter, trip: Trip, at: datetime) -> None:
        """Registered by whoever took the call, dispatched a little later."""
        by = self._dispatcher()
        self.stage.register(matter, at, by, contact=False)
        self.stage.dispatch(trip, at + 7 * MINUTE, by)

    # --- Days that are over -------------------------------------------------------------------------------

    def _past_day(self, day: int) -> None:
        busy = self.world.is_workday(day)
        for number in range(3 if busy else 1):
            self._past_repair(day, number)
        if busy and day % 5 != 0:
            self._past_patrol(day)

    def _past_repair(self, day: int, number: int) -> None:
        self.dealt += 1
        # The parts of the day before yesterday have not come yet.
        fate = "partial" if (day, number) == (-2, 0) else FATES[self.dealt % len(FATES)]
        remote = self.dealt % 11 == 0 and fate != "partial"
        reported = self.world.local(day, OPENING + number * 2, self.world.rng.randint(0, 50))
        matter = self._repair(reported, remote)
        if fate == "cancelled":
            self.stage.register(matter, reported + 5 * MINUTE, self._dispatcher())
            self.stage.cancel(matter, reported + 40 * MINUTE, self.dispatchers[0])
            return
        start = reported + self.world.rng.choice((60, 90, 120)) * MINUTE
        mode = "remote" if remote else "on_site"
        trip = self._trip(matter, start, 1.5, mode=mode, filled=self.dealt % 4 == 0, photos=self.dealt % 7 == 0)
        self._book(matter, trip, reported + 5 * MINUTE)
        if fate == "declined":
            trip = self._declined(trip, reported + 20 * MINUTE)
        elif fate == "reassigned":
            trip = self._reassigned(trip, reported + 30 * MINUTE)
        late = 26 * HOUR if fate == "breached" and day < -2 else timedelta()
        self.stage.accept(trip, reported + self.world.rng.randint(33, 38) * MINUTE + late, contact=False)
        set_out = trip.start - 20 * MINUTE + late
        if fate == "partial":
            self._partial(matter, trip, set_out, day)
            return
        ended = self.stage.carry_out(trip, set_out)
        if fate == "returned":
            ended = self._returned(trip, ended)
        self._office_ends(matter, trip, ended, close=fate != "reviewed")

    def _office_ends(self, matter: Matter, trip: Trip, ended: datetime, close: bool = True) -> None:
        """Reviewed the next morning, called back and closed the day after; what is not yet past does not happen."""
        reviewed = self._next_morning(ended, 9)
        self.stage.review(trip, reviewed, self.supervisor, remarks="资料齐全,同意归档。")
        if close:
            self.stage.close(matter, self._next_morning(reviewed, 10), self.caller)

    def _next_morning(self, at: datetime, hour: int) -> datetime:
        day = (at - self.world.local(0, 0)) // timedelta(days=1)
        return self.world.local(day + 1, hour, self.world.rng.randint(0, 59))

    def _declined(self, trip: Trip, at: datetime) -> Trip:
        self.stage.does(trip, at, "visit.decline", True, reason="DECL-01", note="与另一现场时间冲突")
        again = self._trip(trip.matter, trip.start + HOUR / 2, 1.5)
        self.stage.dispatch(again, at + 8 * MINUTE, self._dispatcher())
        return again

    def _reassigned(self, trip: Trip, at: datetime) -> Trip:
        again = self._trip(trip.matter, trip.start, 1.5)
        if again.login == trip.login:
            again.login = next(user.login for user in self.others if user.login != trip.login)
        self.reassign(trip, again, at)
        return again

    def reassign(self, trip: Trip, again: Trip, at: datetime) -> None:
        args = {
            "visit_id": trip.id, "new_id": again.id, "lead_id": self.world.users[again.login].id,
            "reason": "REAS-01", "note": "就近改派",
            "slot_start": clock.wire(again.start), "slot_end": clock.wire(again.end),
        }  # fmt: skip
        self.stage.timeline.add(at, self._dispatcher(), "visit.reassign", args, True)

    def _returned(self, trip: Trip, ended: datetime) -> datetime:
        """Sent back for a missing picture; done again the same day."""
        at = ended + 50 * MINUTE
        self.stage.review(trip, at, self.supervisor, "return", "照片缺铭牌,请补拍。")
        at += 30 * MINUTE
        self.stage.does(trip, at, "visit.work")
        self.stage.does(trip, at + 9 * MINUTE, "visit.finish", True)
        signed = self.stage.sign(trip, at + 12 * MINUTE)
        self.stage.does(trip, signed + 2 * MINUTE, "visit.submit", True)
        return signed + 2 * MINUTE

    def _partial(self, matter: Matter, trip: Trip, set_out: datetime, day: int) -> None:
        """A part is missing: the visit ends as it can, another follows three days later."""
        at = self.stage.carry_out(trip, set_out, "working") + 25 * MINUTE
        note = self.world.pick("incomplete_notes_zh")
        self.stage.does(trip, at, "visit.cannot_complete", True, reason="INC-01", note=note)
        self.stage.does(trip, at + 5 * MINUTE, "visit.submit", True)
        reviewed = self._next_morning(at, 9)
        self.stage.review(trip, reviewed, self.supervisor, remarks="配件到货后安排二次上门。")
        if day > -4:
            return  # the parts have not come yet
        again = self._trip(matter, self.world.local(day + 3, 14), 1.5)
        self.stage.dispatch(again, self.world.local(day + 2, 16), self._dispatcher())
        self.stage.accept(again, self.world.local(day + 2, 17), contact=False)
        ended = self.stage.carry_out(again, again.start - 20 * MINUTE)
        self._office_ends(matter, again, ended)

    def _past_patrol(self, day: int) -> None:
        kind = ("monthly", "monthly", "quarterly", "monthly", "half_year")[abs(day) % 5]
        matter = self._patrol(kind, self.world.local(day - 1, 15, self.world.rng.randint(0, 50)), day)
        start = self.world.local(day, 9 + abs(day) % 5)
        trip = self._trip(matter, start, 2, filled=True, photos=day % 3 == 0)
        self._book(matter, trip, matter.reported_at + MINUTE)
        self.stage.accept(trip, self.world.local(day - 1, 17, 30), contact=False)
        ended = self.stage.carry_out(trip, start - 30 * MINUTE)
        self._office_ends(matter, trip, ended, close=abs(day) % 6 != 0)

    # --- The engineers people will try --------------------------------------------------------------------

    def _hero(self, login: str) -> None:
        """Four visits today, two that are overdue, four later: of every kind, at different sites, some remote."""
        trips: list[Trip] = []
        user = self.world.users[login]
        plan = (
            (-2, 14, "repair", "on_site"), (-1, 15, "monthly", "on_site"),
            (0, 9, "repair", "on_site"), (0, 11, "monthly", "on_site"), (0, 14, "half_year", "on_site"),
            (0, 16, "repair", "remote"),
            (1, 9, "repair", "on_site"), (2, 10, "quarterly", "on_site"), (3, 14, "monthly", "on_site"),
            (4, 9, "repair", "remote"),
        )  # fmt: skip
        for number, (day, hour, kind, mode) in enumerate(plan):
            start, is_accepted = self.world.local(day, hour), number in (1, 2, 3)
            if is_accepted or day < 0:
                booked = self.world.local(min(day, 0) - 1, 13 + number % 4, 5 * number)
            else:
                booked = self._lately(start) + number * MINUTE
            if kind == "repair":
                matter = self._hero_repair(user, booked, mode == "remote")
            else:
                matter = self._patrol(kind, booked, day)
            hours = {"repair": 1.5, "monthly": 2, "quarterly": 2, "half_year": 2}[kind]
            trip = self._trip(matter, start, hours, user, mode=mode)
            trips.append(trip)
            self.world.busy[login].append((trip.start, trip.end))
            self._book(matter, trip, booked + 2 * MINUTE)
            if is_accepted:
                self.stage.accept(trip, booked + 35 * MINUTE)
        self.heroes[login] = trips

    def _lately(self, start: datetime) -> datetime:
        """When a visit nobody has accepted yet was booked: late enough that the promise to respond still stands."""
        if self.world.now < self.world.local(0, 11):
            return self.world.local(-1, 17, 40)
        return min(self.world.now - 3 * HOUR, start - HOUR)

    def _hero_repair(self, user: User, reported_at: datetime, remote: bool) -> Matter:
        """A repair for a customer with the standard promise; one this person is skilled for, if the pile has it."""
        fitting = []
        for _ in range(24):
            matter = self._repair(reported_at, remote, level=3)
            if self._has_standard_promise(matter.site):
                fitting.append(matter)
                if matter.asset is not None and matter.asset.asset_class in user.skills:
                    return matter
        return fitting[0]

    def _has_standard_promise(self, site: Site) -> bool:
        return self.world.customers[site.customer_id].sla_policy == "default"

    # --- Today --------------------------------------------------------------------------------------------

    def _today(self) -> None:
        """Right now: people on the road, at work, waiting; some have just handed in."""
        spans = {
            "travelling": (9, 14, 19), "arrived": (27,), "working": (44, 58, 71, 83, 52), "paused": (75, 92),
            "work_done": (95,), "submitted": (150, 190, 240, 215),
        }  # fmt: skip
        crew = iter(self.world.rng.sample(self.others, len(self.others)))
        for until, minutes in spans.items():
            for ago in minutes:
                self._live(next(crew), until, ago)
        self._late_evidence(next(crew), next(crew))
        self._declined_today(next(crew))
        self._conflict(next(crew), self.others)

    def _live(self, user: User, until: str, ago: int) -> Trip:
        now = self.world.now
        set_out = now - ago * MINUTE
        reported = set_out - 2 * HOUR
        matter = self._repair(reported)
        if until == "submitted" and matter.case:
            matter.case["minutes"] = [30, 60]
        if until == "work_done" and matter.case:
            matter.case["minutes"] = [30, 55]
        if until == "paused" and matter.case:
            matter.case["minutes"] = [30, 60]
        trip = self._trip(matter, set_out + 20 * MINUTE, 2, user, photos=until not in ("travelling", "arrived"))
        self._book(matter, trip, reported + 6 * MINUTE)
        self.stage.accept(trip, reported + 31 * MINUTE)
        self.stage.carry_out(trip, set_out, until, online=True)
        return trip

    def _late_evidence(self, away: User, closer: User) -> None:
        """One is offline in a basement when the visit is given to another: what he recorded arrives as late evidence.

        Only his pause, which is a decision and no fact, has to wait for a person.
        """
        now = self.world.now
        matter = self._repair(now - 4 * HOUR)
        trip = self._trip(matter, now - 3 * HOUR, 2, away)
        self._book(matter, trip, now - 230 * MINUTE)
        self.stage.accept(trip, now - 220 * MINUTE)
        self.stage.does(trip, now - 190 * MINUTE, "visit.travel")
        self.stage.does(trip, now - 170 * MINUTE, "visit.arrive")
        self.stage.does(trip, now - 165 * MINUTE, "visit.work", True)
        again = self._trip(matter, now - 20 * MINUTE, 2, closer)
        self.reassign(trip, again, now - 120 * MINUTE)
        at = now - 110 * MINUTE
        self.stage.does(trip, at, "note.add", id=self.world.id(at), text="地下二层无信号,已查到供电侧故障。")
        self.stage.does(trip, now - 90 * MINUTE, "visit.pause", reason="HOLD-01", note="等配件")
        site = matter.site.name
        self.stage.take(trip, now - 105 * MINUTE, "site", self.stage.album.photo("meter", [site, site]))
        self.stage.timeline.contact(now - 60 * MINUTE, away.login)
        self.stage.accept(again, now - 50 * MINUTE)
        self.stage.carry_out(again, now - 40 * MINUTE, "working", online=True)

    def _declined_today(self, user: User) -> None:
        now = self.world.now
        matter = self._repair(now - 3 * HOUR)
        trip = self._trip(matter, now + HOUR, 1.5, user)
        self._book(matter, trip, now - 170 * MINUTE)
        self.stage.does(trip, now - 80 * MINUTE, "visit.decline", True, reason="DECL-02", note="无制冷证,不能动氟路")

    def _conflict(self, lead: User, others: list[User]) -> None:
        """Lead and helper both say what was wrong, the helper first: two codes for one thing, for the office."""
        now = self.world.now
        helper = next(user for user in reversed(others) if user is not lead)
        matter = self._repair(now - 5 * HOUR)
        trip = self._trip(matter, now - 3 * HOUR, 3, lead, helpers=(helper.login,))
        self._book(matter, trip, now - 280 * MINUTE)
        self.stage.accept(trip, now - 260 * MINUTE)
        self.stage.does(trip, now - 200 * MINUTE, "visit.travel")
        self.stage.does(trip, now - 175 * MINUTE, "visit.arrive")
        self.stage.does(trip, now - 170 * MINUTE, "visit.work", True)
        code = (matter.case or {})["symptom_code"]
        prefix = code.rpartition("-")[0]
        other = f"{prefix}-S02" if code != f"{prefix}-S02" else f"{prefix}-S01"
        for ago, login, said in ((130, helper.login, other), (125, lead.login, code)):
            at = now - ago * MINUTE
            args = {"id": self.world.id(at), "visit_id": trip.id, "changes": {"symptom_code": ["", said]}}
            self.stage.timeline.add(at, login, "diagnosis.edit", args, True)

    def _waiting_orders(self) -> None:
        """Registered and not yet dispatched: what the dispatcher has to do."""
        for number in range(7):
            at = self.world.now - (12 + 37 * number) * MINUTE
            matter = self._repair(at - 6 * MINUTE)
            self.stage.register(matter, at, self.operator)
            if number % 2 and matter.case:
                said = {"mode": "on_site", "people": 1 + number % 3 // 2, "minutes": 90, "parts": ["常用备件箱"]}
                self.stage.timeline.add(at + MINUTE, self.operator, "work_order.estimate", {"id": matter.id, **said})

    # --- The days to come ---------------------------------------------------------------------------------

    def _coming_days(self) -> None:
        for number, user in enumerate(self.others):
            day = number % 6
            booked = self.world.local(-1, 14, number)
            kind = ("repair", "monthly", "repair", "quarterly", "monthly", "half_year")[number % 6]
            matter = self._repair(booked, level=3) if kind == "repair" else self._patrol(kind, booked, day)
            trip = self._trip(matter, self.world.local(day, 15 if day == 0 else 9 + number % 6), 1.5, user)
            self._book(matter, trip, booked + 3 * MINUTE)
            if number % 3:
                self.stage.accept(trip, booked + HOUR)

    def _statuses(self) -> None:
        """What each phone said when last heard of: most a moment ago, some are out of reach with work on them."""
        for number, user in enumerate(self.world.engineers):
            away = number % 7 == 3
            at = self.world.now - (self.world.rng.randint(35, 95) if away else self.world.rng.randint(0, 5)) * MINUTE
            waiting = self.world.rng.randint(2, 9) if away else 0
            held = {
                visit_id: clock.wire(sent + 4 * MINUTE) if index % 3 else None
                for index, (visit_id, sent) in enumerate(self.stage.sent.get(user.login, {}).items())
                if sent < at - 5 * MINUTE
            }
            self.stage.timeline.contact(at, user.login, {
                "pending": waiting, "oldest_at": clock.wire(at - 9 * MINUTE) if away else None,
                "files_waiting": waiting // 2, "failing": None, "app_version": "0.1.0", "persisted": number % 5 != 4,
                "visits": held, "battery": 35 + (number * 17) % 64,
                "storage_used": 40_000_000 + number * 1_700_000, "storage_quota": 2_000_000_000,
            })  # fmt: skip
