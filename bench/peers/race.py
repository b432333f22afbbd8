#!/usr/bin/env python3
"""Candor and other engines, side by side: the same questions on the same events in one run.

usage: race.py CANDOR FOLDER [events=20000000] [people=EVENTS/20] [runs=3] [variants=2] [seed=7] [threads=1,2]
               [only=funnel5,cohort] [do=prepare,load,forget,ours,erasing,growth,peers,table] [minutes=4] [port=18790]

CANDOR is the program, built for release. FOLDER keeps the generator's files, the peers' own tables and what was
measured from one run to the next. The steps may be run one at a time: `do` says which. `load` loads Candor anew.

Candor is loaded through `candor import`, with six purpose masks, people who are merged afterwards and people who
are erased after that, for at most `minutes` (`conditions.py`). Each peer has what is visible, in its best layout
and setting (`rivals.py`), and the best of them counts. Each question is asked as it stands, in seeded variations,
and straight after an erasure (`questions.py`, `measure.py`); the least favourable counts. Seconds are those that
the asker waits, the best of the runs. An answer that is not the peers' stops the race. The table's rows go to
bench/results/questions.jsonl as well, unless the run is a small one, of less than two million events.
"""
import json, os, sys

import conditions, limits, measure, questions, rivals, tell
from candor import Candor

STEPS = ["prepare", "load", "forget", "ours", "erasing", "growth", "peers", "table"]


class Race:
    def __init__(self, program, folder, words, events):
        self.events, self.people = events, int(words.get("people", events // 20))
        self.runs, self.variants = int(words.get("runs", 3)), int(words.get("variants", 2))
        self.seed, self.longest = int(words.get("seed", 7)), float(words.get("minutes", 4)) * 60
        self.threads = [int(number) for number in words.get("threads", "1,2").split(",")]
        self.data, self.target = f"{folder}/{events}", f"{folder}/{events}/race"
        stock = questions.stock()
        self.stock = [stock[name] for name in words.get("only", ",".join(stock)).split(",")]
        self.candor = Candor(program, f"{self.target}/candor", int(words.get("port", 18790)),
                             {**conditions.SOURCES, **conditions.LINKS})
        self.measured = self.read("measured.json") or {"ours": {}, "erasing": {}, "peers": {}, "gone": []}

    def read(self, name):
        if os.path.exists(f"{self.target}/{name}"):
            with open(f"{self.target}/{name}") as file:
                return json.load(file)

    def keep(self):
        with open(f"{self.target}/measured.json", "w") as out:
            json.dump(self.measured, out)

    def prepare(self):
        if not os.path.exists(f"{self.data}/events_user.parquet"):
            conditions.generate(self.data, self.people, self.events, 7)
        if not os.path.exists(f"{self.target}/drawn.json"):
            conditions.prepare(self.data, self.target, self.seed)

    def load(self):
        loaded = measure.load(self.candor, self.target)
        self.candor.stop()
        self.measured = {"loaded": loaded, "gone": [], "ours": {}, "erasing": {}, "peers": {}}

    def forget(self):
        candor = self.started(1)
        forgotten = measure.forget(candor, self.target, self.read("drawn.json"), self.longest)
        candor.stop()
        forgotten["visible"] = conditions.show_peers(self.data, self.target, forgotten["erased"])
        self.measured["forgotten"] = forgotten

    def started(self, threads):
        self.candor.token = self.measured["loaded"]["token"]
        self.measured["loaded"][f"start_{threads}"] = self.candor.start(threads)
        return self.candor

    def ours(self):
        for threads in self.threads:
            candor = self.started(threads)
            self.measured["ours"][str(threads)] = measure.everything(
                candor, self.stock, self.variants, self.seed, self.runs, self.measured["gone"])
            candor.stop()

    def erasing(self):
        spare = self.read("drawn.json")["spare"]
        for threads in self.threads:
            candor = self.started(threads)
            self.measured["erasing"][str(threads)] = measure.erasing(candor, self.stock, spare, self.measured["gone"])
            candor.settle()
            candor.stop()

    def peers(self):
        self.measured["limits"] = limits.measure(f"{self.target}/measure", self.runs)
        for threads in map(str, self.threads):
            heard, sizes = rivals.everyone(self.target, self.measured["ours"][threads], self.runs, int(threads))
            self.measured["peers"][threads] = {"heard": heard, "bytes": sizes}
            erasing = self.measured["erasing"].get(threads)
            if erasing:
                self.measured["peers"][threads]["erasing"] = rivals.check(self.target, erasing)


def main():
    words = dict(word.split("=", 1) for word in sys.argv[3:])
    program, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    steps = words.get("do", ",".join(STEPS)).split(",")
    race = Race(program, folder, words, int(words.get("events", 20_000_000)))
    fewer = {**words, "variants": "0", "minutes": "0.2", "people": race.people // 10}
    small = Race(program, folder, fewer, race.events // 10)
    try:
        for step in steps:
            if step == "growth":
                for part in ("prepare", "load", "forget", "ours"):
                    getattr(small, part)()
                small.keep()
            elif step == "table":
                drawn, grown = race.read("drawn.json"), small.measured if small.measured["ours"] else None
                tell.compare(race.measured)
                tell.everything(race.measured, drawn, grown, small.events, is_kept=race.events >= 2_000_000)
            else:
                getattr(race, step)()
                race.keep()
    finally:
        race.candor.stop()
        small.candor.stop()


if __name__ == "__main__":
    main()
