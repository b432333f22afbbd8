#!/usr/bin/env python3
"""Candor and other engines, side by side: the same questions on the same events in one run.

usage: race.py CANDOR FOLDER [events=20000000] [people=1000000] [runs=3] [only=funnel5,cohort]

CANDOR is the program, built for release. FOLDER keeps the generator's files and the peers' own tables from
one run to the next; Candor's data are loaded anew. Each peer has its best layout and setting (ClickHouse
sorted by person with aggregation in order, and by day and event; DuckDB's own table; DataFusion on Parquet
sorted by person), and the best of them counts. Seconds are those that the asker waits, the best of the runs.
An answer that is not the peers' stops the race. Rows go to bench/results/questions.jsonl as well.
"""
import datetime, hashlib, json, os, platform, re, shutil, subprocess, sys, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "..", "results", "questions.jsonl")
DAY, WEEK, ID0 = 86_400_000, 604_800_000, 1_767_225_600_000
STEPS = ["page_view", "search", "product_view", "add_to_cart", "purchase"]
GOALS = {"funnel5": 3.5, "retention8w": 3.5, "daily_uniq": 4, "paths3": 14, "cohort": 1.5, "trend": 3}
# Seconds of one pinned core that decoding and one pass cost by hand, where that was measured.
LIMITS = {"funnel5": 0.45, "retention8w": 0.16, "daily_uniq": 0.30, "paths3": 0.24, "cohort": 0.05}
PEERS = [
    ("ClickHouse, by person, in order", {"CHDB_IN_ORDER": "1"}, ["chdb", "user", "1"]),
    ("ClickHouse, by day and event", {}, ["chdb", "time", "1"]),
    ("DuckDB, own table", {}, ["duckdb", "user", "1"]),
    ("DataFusion, Parquet by person", {}, ["datafusion", "user", "0"]),
]
# Questions that an engine answers so slowly that it would not be the best.
SKIPPED = {("duckdb", "funnel5"), ("datafusion", "funnel5"), ("datafusion", "paths3")}


def digest(rows):
    text = json.dumps(sorted([[str(cell) for cell in row] for row in rows]))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def number(instant, of):
    at = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return (round(at.timestamp() * 1000) - ID0) // of


def levels(steps):
    people = [step["people"] for step in steps] + [0]
    return [(n + 1, one - two) for n, (one, two) in enumerate(zip(people, people[1:])) if one > two]


def funnel(answer):
    return [(line["value"], level, people) for line in answer["breakdown"] for level, people in levels(line["steps"])]


def retention(answer):
    first = [(number(cohort["start"], WEEK), cohort["values"]) for cohort in answer["cohorts"]]
    return [(start, start + n, value) for start, values in first for n, value in enumerate(values) if value]


def uniques(answer):
    days = [number(start, DAY) for start in answer["intervals"]]
    lines = [(line["event"], line["values"]) for line in answer["series"]]
    return [(day, label, value) for label, values in lines for day, value in zip(days, values) if value]


def paths(answer):
    return [(*way["path"], way["count"]) for way in answer["top"][:20]]


def trend(answer):
    days = [number(start, DAY) for start in answer["intervals"]]
    found = {}
    for line in answer["series"]:
        for day, value in zip(days, line["values"]):
            found.setdefault((day, line["breakdown"]), {})[line["count"]] = value or 0
    cells = ((day, country, cell["events"], round(cell["sum"] * 100)) for (day, country), cell in found.items())
    return [row for row in cells if row[2]]


def questions():
    every = {"event": None}
    orders = {"event": "purchase"}
    return {
        "funnel5": ("funnel", {"steps": [{"event": step} for step in STEPS], "window": "7d", "breakdown": "country",
                               "limit": 1000}, funnel),
        "retention8w": ("retention", {"start": every, "return": every, "interval": "week"}, retention),
        "daily_uniq": ("trend", {"interval": "day", "series": NAMES}, uniques),
        "paths3": ("paths", {"length": 3, "gap": "3660d", "limit": 20}, paths),
        "cohort": ("cohort", {"all": [{"event": "add_to_cart", "at_least": 3}], "none": [{"event": "purchase"}],
                              "from": "2026-01-31"}, lambda answer: [(answer["people"],)]),
        "trend": ("trend", {"interval": "day", "breakdown": "country", "limit": 1000, "series": [
            {**orders, "count": "events"}, {**orders, "count": "sum", "of": "amount"}]}, trend),
    }


NAMES = [{"event": name, "count": "people"} for name in (
    "page_view search product_view add_to_cart purchase login signup logout share like comment video_play video_end "
    "download upload invite settings help error subscribe").split()]


class Candor:
    """A server on empty folders."""

    CONFIG = ('[server]\nlisten = "127.0.0.1:18790"\nquestion_threads = {threads}\n[sources.bench]\nkind = "server"\n'
              'audience = "general"\nmarkets = ["EU"]\n'
              'bases = {{ operate = "contract", measure = "legitimate-interest" }}\n')

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.where = ["--config", f"{folder}/candor.toml", "--data", f"{folder}/data", "--root-key", f"{folder}/root.key"]
        self.server = None

    def start(self, threads):
        self.stop()
        with open(f"{self.folder}/candor.toml", "w") as out:
            out.write(self.CONFIG.format(threads=threads))
        log = open(f"{self.folder}/serve.log", "ab")
        self.server = subprocess.Popen([self.program, "serve", *self.where], stdout=log, stderr=log)
        for _ in range(600):
            try:
                urllib.request.urlopen("http://127.0.0.1:18790/healthz", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("the server did not start: see " + f"{self.folder}/serve.log")

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()

    def run(self, *words):
        done = subprocess.run([self.program, *words, *self.where], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr or done.stdout)
        return done.stdout + done.stderr

    def token(self):
        told = self.run("keys", "create", "--kind", "token", "--purpose", "measure")
        return re.search(r"cnd_token_\w+", told)[0]

    def ask(self, token, kind, question):
        body = {"purpose": "measure", "from": "2026-01-01", "to": "2026-03-05", "zone": "UTC", "week_start": "thursday",
                **question}
        request = urllib.request.Request(f"http://127.0.0.1:18790/api/query/{kind}", json.dumps(body).encode(),
                                         {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        try:
            return json.loads(urllib.request.urlopen(request).read())
        except urllib.error.HTTPError as error:
            sys.exit(error.read().decode())

    def memory(self, field):
        with open(f"/proc/{self.server.pid}/status") as status:
            return int(re.search(rf"{field}:\s+(\d+) kB", status.read())[1]) // 1024

    def forget_peak(self):
        with open(f"/proc/{self.server.pid}/clear_refs", "w") as refs:
            refs.write("5")


def part(data):
    """Gives each event of a person an instant of its own: of two in one, each engine puts another first."""
    import numpy as np, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
    table = pq.read_table(f"{data}/events_user.parquet")
    person, ts = table["user_id"].to_numpy(), table["ts"].cast(pa.int64()).to_numpy().copy()
    while True:
        late = np.flatnonzero((person[1:] == person[:-1]) & (ts[1:] <= ts[:-1])) + 1
        if not len(late):
            break
        ts[late] = ts[late - 1] + 1
    table = table.set_column(1, "ts", pa.array(ts, pa.timestamp("ms")))
    options = dict(compression="zstd", compression_level=3, row_group_size=1_000_000,
                   use_dictionary=["event", "country", "device"], store_schema=False,
                   column_encoding={"user_id": "DELTA_BINARY_PACKED", "ts": "DELTA_BINARY_PACKED", "amount": "PLAIN"})
    pq.write_table(table, f"{data}/events_user.parquet", **options)
    pq.write_table(table.take(pc.sort_indices(table["ts"])), f"{data}/events_time.parquet", **options)


def to_import(source, target):
    """The generator's events as `candor import` takes them."""
    import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
    table = pq.read_table(source)
    # As many digits as the generator rounded to: the number of 64 bits, not that of 32.
    amount = pc.round(table["amount"].cast(pa.float64()), 2)
    pq.write_table(pa.table({
        "event": table["event"].cast(pa.string()),
        "time": table["ts"].cast(pa.timestamp("ms", tz="UTC")),
        "user_id": table["user_id"].cast(pa.string()),
        "country": table["country"].cast(pa.string()),
        "device": table["device"].cast(pa.string()),
        "amount": pc.if_else(pc.equal(amount, 0), pa.scalar(None, pa.float64()), amount),
    }), target, compression="zstd", row_group_size=100_000)


def peers(folder, runs, only, threads):
    """By question: seconds and digest of each peer."""
    found = {name: [] for name in only}
    for peer, variables, (engine, layout, native) in PEERS:
        names = [name for name in only if (engine, name) not in SKIPPED]
        command = [sys.executable, f"{HERE}/queries.py", engine, folder, layout, str(runs), str(threads), native,
                   ",".join(names)]
        told = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}).stdout
        for line in told.splitlines():
            match = re.search(r"T=\d+ (\w+)\s+wall=\s*([\d.]+) cpu=\s*([\d.]+) \('(\w+)'", line)
            if match:
                found[match[1]].append((float(match[2]), peer, match[4]))
    return found


def main():
    words = dict(word.split("=", 1) for word in sys.argv[3:])
    candor, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    events, people, runs = int(words.get("events", 20_000_000)), int(words.get("people", 1_000_000)), int(words.get("runs", 3))
    asked = questions()
    only = words["only"].split(",") if "only" in words else list(asked)
    data = f"{folder}/{events}"
    if not os.path.exists(f"{data}/import.parquet"):
        subprocess.run([sys.executable, f"{HERE}/generate.py", data, str(people), str(events)], check=True)
        part(data)
        to_import(f"{data}/events_user.parquet", f"{data}/import.parquet")
    ours = Candor(candor, f"{folder}/candor")
    ours.start(1)
    begun = time.time()
    ours.run("import", f"{data}/import.parquet", "--source", "bench", "--batch", "4000")
    loaded = time.time() - begun
    print(f"loaded in {loaded:.0f} s, {events / loaded:,.0f} events/s", flush=True)
    token = ours.token()
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    rows = []
    for threads in (1, 2):
        ours.start(threads)
        times = {}
        for name in only:
            kind, question, normal = asked[name]
            ours.forget_peak()
            best = None
            for _ in range(runs + 1):
                begun = time.time()
                answer = ours.ask(token, kind, question)
                seconds = time.time() - begun
                best = min(best or seconds, seconds)
            times[name] = (best, digest(normal(answer)), ours.memory("VmHWM"))
        ours.stop()
        ours.server = None
        for name, others in peers(data, runs, only, threads).items():
            seconds, answered, memory = times[name]
            best, peer, _ = min(others)
            wrong = [who for _, who, said in others if said != answered]
            if wrong:
                sys.exit(f"{name}: another answer than {', '.join(wrong)}: {answered}, {others}")
            ratio = best / seconds
            rows.append({
                "commit": commit, "date": datetime.date.today().isoformat(), "metric": f"{name}, {threads} threads",
                "unit": "s", "ours": round(seconds, 3), "peer_name": peer, "peer": best, "ratio": round(ratio, 2),
                "limit": LIMITS.get(name) if threads == 1 else None, "goal": GOALS[name], "met": ratio >= GOALS[name],
                "conditions": f"{events} events, {people} people, all visible, none erased or merged, {memory} MB at most, "
                              f"{platform.machine()}, {os.cpu_count()} cores",
            })
    os.makedirs(os.path.dirname(RESULTS), exist_ok=True)
    with open(RESULTS, "a") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    print(f"{'question':26} {'ours, s':>8} {'best peer, s':>13}  {'ratio':>6} {'goal':>5}  peer")
    for row in rows:
        print(f"{row['metric']:26} {row['ours']:8.3f} {row['peer']:13.3f}  {row['ratio']:6.2f} {row['goal']:5}  {row['peer_name']}")


if __name__ == "__main__":
    main()
