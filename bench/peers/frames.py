"""The six stock questions for Polars, which is asked in frames and not in SQL."""
import os

ID0, DAY, WEEK = 1_767_225_600_000, 86_400_000, 604_800_000


def answers(file, threads):
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl
    c = pl.col
    ms = c("ts").cast(pl.Int64)

    def scan():
        return pl.scan_parquet(file)

    def rows(frame):
        return frame.collect(engine="streaming").rows()

    def funnel(asked):
        steps, window, by = asked["steps"], asked["window"] * DAY, asked["breakdown"]
        x = scan().filter(c("event").is_in(steps)).select("user_id", ms.alias("t"), "event", by).sort("user_id", "t")
        x = x.with_columns(pl.when(c("event") == steps[0]).then(c("t")).cum_max().over("user_id").alias("m1"))
        x = x.with_columns(c("m1").forward_fill().over("user_id").alias("t1"))
        for k in range(2, 6):
            taken = (c("event") == steps[k - 1]) & (c("t") - c(f"t{k - 1}") <= window)
            start = pl.when(taken).then(c(f"t{k - 1}")).cum_max().over("user_id")
            x = x.with_columns(start.forward_fill().over("user_id").alias(f"t{k}"))
        reached = [pl.when(c(f"t{k}").is_not_null().any()).then(k).otherwise(0) for k in range(1, 6)]
        first = c(by).filter(c("event") == steps[0]).first()
        x = x.group_by("user_id").agg(lvl=pl.max_horizontal(*reached), c=first)
        return rows(x.filter(c("lvl") > 0).group_by("c", "lvl").len())

    def retention(_):
        x = scan().select("user_id", w=(ms - ID0) // WEEK).group_by("user_id")
        return rows(x.agg(fw=c("w").min(), w=c("w").unique()).explode("w").group_by("fw", "w").len())

    def uniques(_):
        x = scan().select(d=(ms - ID0) // DAY, e=c("event"), u=c("user_id"))
        return rows(x.group_by("d", "e").agg(c("u").n_unique()))

    def paths(_):
        x = scan().select("user_id", t=ms, a=c("event").cast(pl.String)).sort("user_id", "t", "a")
        x = x.select(c("user_id"), c("a"), b=c("a").shift(-1), c=c("a").shift(-2), u2=c("user_id").shift(-2))
        x = x.filter(c("user_id") == c("u2")).group_by("a", "b", "c").len()
        return rows(x.sort(["len", "a", "b", "c"], descending=[True, False, False, False]).head(20))

    def cohort(asked):
        often, never = asked["events"]
        x = scan().filter((ms >= ID0 + asked["from"] * DAY) & c("event").is_in([often, never])).group_by("user_id")
        x = x.agg(a=(c("event") == often).sum(), p=(c("event") == never).sum())
        return rows(x.filter((c("a") >= asked["at_least"]) & (c("p") == 0)).select(pl.len()))

    def trend(asked):
        cents = (c("amount").cast(pl.Float64) * 100).round(0).cast(pl.Int64).sum()
        x = scan().filter(c("event") == asked["event"]).group_by(d=(ms - ID0) // DAY, by=c(asked["breakdown"]))
        return rows(x.agg(n=pl.len(), a=cents))

    shapes = {"funnel": funnel, "retention": retention, "uniques": uniques, "paths": paths, "cohort": cohort,
              "trend": trend}
    return lambda asked: shapes[asked["shape"]](asked)
