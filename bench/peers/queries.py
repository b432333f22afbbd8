#!/usr/bin/env python3
"""What other engines are asked: the same questions, each in the words in which the engine is fastest.

usage: queries.py ENGINE FOLDER [layout=user|time] [runs=3] [threads=1] [native=0|1] [questions]

ENGINE is chdb, duckdb, polars or datafusion. FOLDER holds events_user.parquet and events_time.parquet; with
native=1 the engine loads its own table from them first. `questions` is a list of `questions.py` as JSON, or
the name of a file that holds one; without it the six stock questions are asked. CHDB_IN_ORDER=1 lets
ClickHouse aggregate in the order of its key. Each question's answer is a line of JSON: its name, the best
seconds of the runs, and the hash of its sorted rows; the first line says what loading took, if it was done.
"""
import hashlib, json, os, sys, time

ID0, DAY, WEEK = 1_767_225_600_000, 86_400_000, 604_800_000
UNITS = {"day": DAY, "week": WEEK}


def digest(rows):
    text = json.dumps(sorted([[str(cell) for cell in row] for row in rows]))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def listed(values):
    return "(" + ",".join(f"'{value}'" for value in values) + ")"


class Words:
    """How one engine says what all of them say a little differently."""

    def __init__(self, engine):
        self.engine = engine
        self.ms, self.over = {
            "chdb": ("toUnixTimestamp64Milli(ts)", "intDiv({}, {})"),
            "duckdb": ("epoch_ms(ts)", "(({}) // {})"),
            "datafusion": ("(arrow_cast(ts, 'Int64'))", "(({}) / {})"),
        }[engine]

    def number(self, unit):
        """The number of a row's day or week."""
        return self.over.format(f"{self.ms} - {ID0}", UNITS[unit])

    def day(self, number):
        at = time.strftime("%Y-%m-%d 00:00:00", time.gmtime(ID0 // 1000 + number * 86_400))
        return f"toDateTime64('{at}', 3, 'UTC')" if self.engine == "chdb" else f"timestamp '{at}'"

    def select(self, asked):
        """A text that is given, over the people who are still there."""
        gone = ",".join(map(str, asked["without"]))
        return asked["sql"].replace("from ev", f"from (select * from ev where user_id not in ({gone})) y" if gone
                                    else "from ev")

    def rows(self, asked, *conditions):
        """The rows that a question is about, as what follows `from`."""
        conditions = list(conditions)
        if asked["from"] > 0:
            conditions.append(f"ts >= {self.day(asked['from'])}")
        if asked["to"] < 63:
            conditions.append(f"ts < {self.day(asked['to'])}")
        conditions += [f"{column} in {listed(values)}" for column, values in asked["where"].items()]
        if asked["without"]:
            conditions.append(f"user_id not in ({','.join(map(str, asked['without']))})")
        return "ev" + (" where " + " and ".join(conditions) if conditions else "")

    def retention(self, asked):
        event = [f"event = '{asked['event']}'"] if asked["event"] else []
        week, rows = self.number(asked["interval"]), self.rows(asked, *event)
        if self.engine == "chdb":
            bits = f"groupBitOr(bitShiftLeft(1::UInt64, {week}))"
            return (f"select fw, w, count() from (select min({week}) fw, {bits} m from {rows} group by user_id) "
                    f"array join range(63) as w where bitTest(m, w) and w >= fw group by fw, w")
        one, shift = "cast(1 as bigint)", "integer" if self.engine == "duckdb" else "bigint"
        numbers = ",".join(f"({number})" for number in range(63))
        bits = f"bit_or({one} << cast({week} as {shift}))"
        return (f"select fw, w, count(*) from (select user_id, min({week}) fw, {bits} m from {rows} "
                f"group by user_id) a cross join (values {numbers}) v(w) "
                f"where (m >> w) & 1 = 1 and w >= fw group by fw, w")

    def uniques(self, asked):
        people = "uniqExact(user_id)" if self.engine == "chdb" else "count(distinct user_id)"
        rows = self.rows(asked, *([f"event in {listed(asked['events'])}"] if len(asked["events"]) < 20 else []))
        return f"select {self.number(asked['interval'])} d, event, {people} from {rows} group by 1, 2"

    def cohort(self, asked):
        often, never = asked["events"]
        rows = self.rows(asked, f"event in {listed(asked['events'])}")
        count = "countIf(event = '{}')" if self.engine == "chdb" else "count(*) filter (where event = '{}')"
        return (f"select count(*) from (select user_id, {count.format(often)} a, {count.format(never)} p from {rows} "
                f"group by user_id) x where a >= {asked['at_least']} and p = 0")

    def trend(self, asked):
        cents = ("toString(sum(toInt64(round(toFloat64(amount) * 100))))" if self.engine == "chdb"
                 else "sum(cast(round(cast(amount as double) * 100) as bigint))")
        rows = self.rows(asked, f"event = '{asked['event']}'")
        return (f"select {self.number(asked['interval'])} d, {asked['breakdown']}, count(*), {cents} from {rows} "
                f"group by 1, 2")

    def paths(self, asked):
        rows = self.rows(asked, *([f"event not in {listed(asked['exclude'])}"] if asked["exclude"] else []))
        if self.engine == "chdb":
            threes = "arrayMap(i -> tuple(es[i], es[i+1], es[i+2]), range(1, greatest(1, length(es) - 1)))"
            events = f"arrayMap(x -> x.2, arraySort(groupArray(({self.ms}, event))))"
            return (f"select tt.1 a, tt.2 b, tt.3 c, count() n from (select arrayJoin({threes}) tt from "
                    f"(select {events} es from {rows} group by user_id)) group by a, b, c "
                    f"order by n desc, a, b, c limit 20")
        return (f"select a, b, c, count(*) n from (select event a, lead(event, 1) over w b, lead(event, 2) over w c "
                f"from {rows} window w as (partition by user_id order by {self.ms}, event)) x where c is not null "
                f"group by a, b, c order by n desc, a, b, c limit 20")

    def funnel(self, asked):
        steps, window, by = asked["steps"], asked["window"] * DAY, asked["breakdown"]
        rows = self.rows(asked, f"event in {listed(steps)}")
        if self.engine == "chdb":
            events = ", ".join(f"event = '{step}'" for step in steps)
            return (f"select c, lvl, count() from (select windowFunnel({window})({self.ms}::UInt64, {events}) lvl, "
                    f"argMinIf({by}, ts, event = '{steps[0]}') c from {rows} group by user_id) where lvl > 0 "
                    f"group by c, lvl")
        # A chain of running maxima: the latest start of a chain that reached each step.
        over = "over w t{} from ({}) a{} window w as (partition by user_id order by t rows unbounded preceding)"
        inner = f"select user_id, {self.ms} t, event, {by} from {rows}"
        inner = f"select *, max(case when event = '{steps[0]}' then t end) " + over.format(1, inner, 1)
        for k in range(2, len(steps) + 1):
            took = f"event = '{steps[k - 1]}' and t - t{k - 1} <= {window}"
            inner = f"select *, max(case when {took} then t{k - 1} end) " + over.format(k, inner, k)
        level = " ".join(f"when t{k} is not null then {k}" for k in range(len(steps), 0, -1))
        entered = f"filter (where event = '{steps[0]}')"
        first = (f"arg_min({by}, t) {entered}" if self.engine == "duckdb"
                 else f"first_value({by} order by t) {entered}")
        return (f"select c, lvl, count(*) from (select user_id, max(case {level} else 0 end) lvl, {first} c "
                f"from ({inner}) z group by user_id) y where lvl > 0 group by c, lvl")


class ClickHouse:
    NAME = "LowCardinality(String) CODEC(ZSTD(1))"
    TABLE = ("create table db.ev(user_id UInt64 CODEC(Delta, ZSTD(1)), ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), "
             f"event {NAME}, country {NAME}, device {NAME}, amount Float32 CODEC(ZSTD(1))) engine = MergeTree "
             "order by ")
    ORDER = {"user": "(user_id, ts)", "time": "(toDate(ts), event, cityHash64(user_id))"}

    def __init__(self, folder, layout, threads, native):
        from chdb import session
        path, file = f"{folder}/chdb_{layout}_{'native' if native else 'file'}", f"{folder}/events_{layout}.parquet"
        is_fresh = not os.path.exists(path)
        self.session, self.loaded = session.Session(path), None
        self.table = "db.ev" if native else f"file('{file}', Parquet)"
        self.settings = (f" settings max_threads = {threads}, optimize_aggregation_in_order = "
                         f"{int(os.environ.get('CHDB_IN_ORDER', '0'))}")
        if native and is_fresh:
            begun = time.time()
            columns = ("user_id Int64, ts DateTime64(3, \\'UTC\\'), event String, country String, device String, "
                       "amount Float32")
            self.session.query("create database if not exists db engine = Atomic")
            self.session.query(self.TABLE + self.ORDER[layout])
            self.session.query(f"insert into db.ev select user_id, ts, event, country, device, amount from "
                               f"file('{file}', Parquet, '{columns}') settings max_threads = {threads}")
            self.session.query("optimize table db.ev final")
            self.loaded = time.time() - begun

    def ask(self, sql):
        told = self.session.query(sql.replace("from ev", f"from {self.table}") + self.settings, "JSONCompact")
        return json.loads(str(told))["data"]

    def bytes(self):
        told = self.session.query("select sum(bytes_on_disk) from system.parts where active and database = 'db'", "CSV")
        return int(str(told))


class DuckDB:
    def __init__(self, folder, layout, threads, native):
        import duckdb
        file, self.loaded = f"{folder}/duck_{layout}.db", None
        is_fresh = not os.path.exists(file)
        self.file, self.connection = file, duckdb.connect(file if native else ":memory:")
        self.connection.execute(f"set threads = {threads}")
        what = f"as select * from '{folder}/events_{layout}.parquet'"
        if native and is_fresh:
            begun = time.time()
            self.connection.execute(f"create table ev {what}")
            self.connection.execute("checkpoint")
            self.loaded = time.time() - begun
        elif not native:
            self.connection.execute(f"create view ev {what}")

    def ask(self, sql):
        return self.connection.execute(sql).fetchall()

    def bytes(self):
        return os.path.getsize(self.file)


class DataFusion:
    loaded = None

    def __init__(self, folder, layout, threads, _):
        import datafusion
        self.file = f"{folder}/events_{layout}.parquet"
        self.context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(threads))
        self.context.register_parquet("ev", self.file)

    def ask(self, sql):
        return [list(row.values()) for batch in self.context.sql(sql).collect() for row in batch.to_pylist()]

    def bytes(self):
        return os.path.getsize(self.file)


ENGINES = {"chdb": ClickHouse, "duckdb": DuckDB, "datafusion": DataFusion}


def answers(engine, folder, layout, threads, native):
    """What answers one question of this engine, and the engine."""
    if engine == "polars":
        import frames
        return frames.answers(f"{folder}/events_{layout}.parquet", threads), None
    opened, words = ENGINES[engine](folder, layout, threads, native), Words(engine)
    return lambda asked: opened.ask(getattr(words, asked["shape"])(asked)), opened


def main():
    given = dict(enumerate(sys.argv))
    engine, folder, layout = sys.argv[1], sys.argv[2], given.get(3, "user")
    runs, threads, native = int(given.get(4, 3)), int(given.get(5, 1)), given.get(6, "0") != "0"
    text = given.get(7)
    if text is None:
        import questions
        asked = list(questions.stock().values())
    elif text.startswith("["):
        asked = json.loads(text)
    else:
        with open(text) as file:
            asked = json.load(file)
    answer, opened = answers(engine, folder, layout, threads, native)
    if opened and native:
        print(json.dumps({"engine": engine, "loaded": opened.loaded, "bytes": opened.bytes()}), flush=True)
    for question in asked:
        best = None
        for _ in range(runs):
            begun = time.time()
            rows = answer(question)
            seconds = time.time() - begun
            best = min(best or seconds, seconds)
        print(json.dumps({"question": question["name"], "seconds": round(best, 4), "sha256": digest(rows),
                          "rows": len(rows)}), flush=True)


if __name__ == "__main__":
    main()
