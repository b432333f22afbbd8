"""The limit: what a pass by hand over Parquet sorted by person costs on one thread, at the least.

Decoding the columns of each question is measured; the pass itself was measured once, in nanoseconds an event,
with code written for the question alone. A trend has no limit here: a rollup needs no pass at all.
"""
import time

COLUMNS = {
    "funnel5": (["user_id", "ts", "event", "country"], 6.4),
    "retention8w": (["user_id", "ts"], 1.9),
    "daily_uniq": (["user_id", "ts", "event"], 5.1),
    "paths3": (["user_id", "ts", "event"], 2.3),
    "cohort": (["user_id", "ts", "event"], 2.2),
}


def measure(folder, runs):
    """Seconds by question."""
    import pyarrow.parquet as pq
    file = pq.ParquetFile(f"{folder}/events_user.parquet", read_dictionary=["event", "country"])
    told = {}
    for name, (columns, pass_ns) in COLUMNS.items():
        best = None
        for _ in range(runs):
            begun, rows = time.time(), 0
            for batch in file.iter_batches(batch_size=65_536, columns=columns, use_threads=False):
                rows += len(batch)
            seconds = time.time() - begun
            best = min(best or seconds, seconds)
        told[name] = best + rows * pass_ns / 1e9
    return told
