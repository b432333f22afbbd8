#!/usr/bin/env python3
"""What other engines answer to the questions that Candor answers, on a small file of the generator.

usage: record.py            writes events.jsonl.gz and recorded.json beside itself
       record.py --check    asks again, and says whether the answers are those that were recorded

Six questions go to four engines (ClickHouse as chdb, DuckDB, DataFusion, Polars; `queries.py`), which
must agree; the others go to DuckDB. A test asks Candor the same and compares the hashes, which are those
of `queries.py`: SHA-256 (twelve digits) of the sorted rows as JSON, every cell a text.
"""
import gzip, hashlib, io, json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
USERS, EVENTS, SEED = 800, 16000, 7
ENGINES = ["chdb", "duckdb", "datafusion", "polars"]
ID0, DAY, WEEK = 1_767_225_600_000, 86_400_000, 604_800_000
BY = "(partition by user_id order by t, event)"

EXTRA = {
    "funnel-strict": f"""
        select lvl, count(*) from (
          select user_id, max(case
            when event='page_view' and e1='search' and e2='product_view' and t2-t<={WEEK} then 3
            when event='page_view' and e1='search' and t1-t<={WEEK} then 2
            when event='page_view' then 1 else 0 end) lvl
          from (select *, lead(event) over w e1, lead(event,2) over w e2, lead(t) over w t1,
                       lead(t,2) over w t2 from e window w as {BY})
          group by user_id) where lvl>0 group by lvl""",
    "funnel-any-order": f"""
        select lvl, count(*) from (
          select user_id, max(n) lvl from (
            select user_id, count(distinct event) over (partition by user_id order by t
              range between {DAY} preceding and current row) n
            from e where event in ('login','signup','share'))
          group by user_id) group by lvl""",
    "retention-unbounded": f"""
        select fw, w, count(*) from (select min((t-{ID0})//{WEEK}) fw, max((t-{ID0})//{WEEK}) lw
          from e group by user_id), range(0,10) r(w) where w>=fw and w<=lw group by fw, w""",
    "retention-recurring": f"""
        with a as (select distinct user_id, (t-{ID0})//{WEEK} w from e)
        select a.w, b.w, count(*) from a join a b on a.user_id=b.user_id and b.w>=a.w group by 1, 2""",
    "measures": f"""
        select (t-{ID0})//{DAY}, sum(cents)::bigint, round(avg(cents)*1e4)::bigint,
          round(quantile_cont(cents,0.5)*1e4)::bigint, round(quantile_cont(cents,0.9)*1e4)::bigint,
          min(cents), max(cents), count(distinct country),
          round(count(*)*1e6/count(distinct user_id))::bigint
        from e where event='purchase' group by 1""",
    "lifecycle": f"""
        with a as (select distinct user_id, (t-{ID0})//{WEEK} w from e),
          f as (select user_id, min(w) fw from a group by user_id),
          s as (select a.user_id, a.w, fw, exists(select 1 from a b where b.user_id=a.user_id and b.w=a.w-1) p
                from a join f on a.user_id=f.user_id),
          g as (select a.w+1 w, count(*) n from a where not exists
                (select 1 from a b where b.user_id=a.user_id and b.w=a.w+1) group by 1)
        select r.w, count(*) filter (where s.fw=s.w), count(*) filter (where s.fw<s.w and p),
          count(*) filter (where s.fw<s.w and not p), coalesce(any_value(g.n),0)
        from range(0,9) r(w) left join s on s.w=r.w left join g on g.w=r.w group by r.w""",
    "stickiness": f"""
        select n, count(*) from (select count(distinct (t-{ID0})//{DAY}) n from e
          where event='page_view' group by user_id) group by n""",
    "sessions": f"""
        with a as (select user_id, t, case when t - lag(t) over {BY} <= 1800000 then 0 else 1 end first from e),
          b as (select user_id, t, sum(first) over (partition by user_id order by t
                rows unbounded preceding) s from a),
          c as (select user_id, s, min(t) t, count(*) n from b group by user_id, s)
        select (t-{ID0})//{DAY}, count(*), count(distinct user_id), count(*) filter (where n=1) from c group by 1""",
    "values": "select country, count(*), count(distinct user_id) from e group by country",
}


def digest(rows):
    rows = sorted([str(cell) for cell in row] for row in rows)
    return {"sha256": hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12], "rows": len(rows)}


def shared(folder):
    """The six questions of queries.py; every engine must give the same rows."""
    answers = {}
    for engine in ENGINES:
        told = subprocess.run([sys.executable, f"{HERE}/queries.py", engine, folder, "user", "1"],
                              capture_output=True, text=True, check=True).stdout
        for line in map(json.loads, told.splitlines()):
            answer = {"sha256": line["sha256"], "rows": line["rows"]}
            answers.setdefault(line["question"], {})[engine] = answer
    recorded = {}
    for question, of in answers.items():
        if len({json.dumps(answer) for answer in of.values()}) != 1 or len(of) != len(ENGINES):
            sys.exit(f"{question}: the engines do not agree: {of}")
        recorded[question] = {**next(iter(of.values())), "engines": list(of)}
    return recorded


def main():
    import duckdb
    with tempfile.TemporaryDirectory() as folder:
        generate = [sys.executable, f"{HERE}/generate.py", folder, str(USERS), str(EVENTS), str(SEED)]
        subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)
        recorded = shared(folder)
        con = duckdb.connect()
        con.execute(f"""create view e as select user_id, epoch_ms(ts) t, event::varchar event,
            country::varchar country, device::varchar device,
            round(cast(amount as double)*100)::bigint cents from '{folder}/events_user.parquet'""")
        for question, sql in EXTRA.items():
            recorded[question] = {**digest(con.execute(sql).fetchall()), "engines": ["duckdb"]}
        rows = con.execute("select * from e order by user_id, t, event").fetchall()
    if "--check" in sys.argv:
        with open(f"{HERE}/recorded.json") as file:
            before = json.load(file)["answers"]
        changed = [question for question in recorded if recorded[question] != before.get(question)]
        for question, answer in recorded.items():
            print(f"{question:20} {answer['rows']:6} rows  {answer['sha256']}  {', '.join(answer['engines'])}")
        sys.exit(f"other answers than recorded: {', '.join(changed)}" if changed else 0)
    text = io.StringIO()
    for number, (user, t, event, country, device, cents) in enumerate(rows):
        properties = {"country": country}
        if event == "purchase":
            properties["amount"] = cents / 100
        line = {"event": event, "id": str(number), "user_id": str(user), "time": t, "properties": properties}
        text.write(json.dumps(line, separators=(",", ":")) + "\n")
    with open(f"{HERE}/events.jsonl.gz", "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as packed:
            packed.write(text.getvalue().encode())
    import chdb, datafusion, polars
    versions = {"chdb": chdb.__version__, "duckdb": duckdb.__version__, "polars": polars.__version__,
                "datafusion": datafusion.__version__}
    data = {"users": USERS, "events": len(rows), "seed": SEED}
    with open(f"{HERE}/recorded.json", "w") as out:
        json.dump({"data": data, "engines": versions, "answers": recorded}, out, indent=1)
        out.write("\n")


main()
