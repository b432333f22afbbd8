"""The conditions of the race: whose rows are hidden, who is erased, who is merged, and who of the engines has what.

A seeded draw decides. Six sources declare different bases, so their rows carry six different purpose masks, and
a row of each person may lie under each. Those without `measure` have a tenth of the rows, and so have those
without `analyse`. Of people who are merged, half the rows come under the id of a device, of which nobody knows
whose it is until links are loaded after everything else. The peers get what is left: visible rows of people who
are not erased, each under the one id of its person.
"""
import json, os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
# By source: of a hundred rows so many, and the purposes that the source has a basis for.
SOURCES = {
    "shop": (46, {"operate": "contract", "measure": "legitimate-interest", "analyse": "legitimate-interest"}),
    "app": (26, {"measure": "legitimate-interest", "analyse": "legitimate-interest",
                 "experiment": "legitimate-interest"}),
    "till": (12, {"measure": "legitimate-interest", "analyse": "legitimate-interest", "research": "public-task"}),
    "desk": (6, {"measure": "legitimate-interest", "support": "contract"}),
    "lab": (6, {"analyse": "legitimate-interest", "operate": "contract"}),
    "books": (4, {"operate": "contract", "diagnose": "contract"}),
}
# The source of links: its rows are open for linking and hidden from every question.
LINKS = {"links": (0, {"link-devices": "contract"})}
PURPOSES = ["measure", "analyse"]
ERASED, MERGED = 0.01, 0.05
PACKED = dict(compression="zstd", compression_level=3, row_group_size=1_000_000, store_schema=False,
              use_dictionary=["event", "country", "device"],
              column_encoding={"user_id": "DELTA_BINARY_PACKED", "ts": "DELTA_BINARY_PACKED", "amount": "PLAIN"})


def generate(data, people, events, seed):
    subprocess.run([sys.executable, f"{HERE}/generate.py", data, str(people), str(events), str(seed)], check=True)
    apart(data)


def apart(data):
    """Gives each event of a person an instant of its own: of two in one, each engine puts another first."""
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    table = pq.read_table(f"{data}/events_user.parquet")
    person, ts = table["user_id"].to_numpy(), table["ts"].cast(pa.int64()).to_numpy().copy()
    while True:
        late = np.flatnonzero((person[1:] == person[:-1]) & (ts[1:] <= ts[:-1])) + 1
        if not len(late):
            break
        ts[late] = ts[late - 1] + 1
    table = table.set_column(1, "ts", pa.array(ts, pa.timestamp("ms")))
    pq.write_table(table, f"{data}/events_user.parquet", **PACKED)
    os.remove(f"{data}/events_time.parquet")


def prepare(data, target, seed):
    """Writes what Candor gets from the generator's file, and who is to be erased and merged."""
    import numpy as np, pyarrow.parquet as pq
    table = pq.read_table(f"{data}/events_user.parquet")
    chance = np.random.default_rng([seed, 5])
    person = table["user_id"].to_numpy()
    people, counts = np.unique(person, return_counts=True)
    drawn = chance.permutation(len(people))
    erased = people[drawn[:round(len(people) * ERASED)]]
    merged = people[chance.random(len(people)) < MERGED]
    # People with many events, who are still there: they are erased while questions are asked.
    spare = people[np.argsort(-counts, kind="stable")]
    spare = spare[~np.isin(spare, erased)][:40]
    shares = np.cumsum([share for share, _ in SOURCES.values()])
    source = np.searchsorted(shares, chance.random(len(person)) * 100, "right")
    by_device = np.isin(person, merged) & (chance.random(len(person)) < 0.5)
    os.makedirs(target, exist_ok=True)
    for number, name in enumerate(SOURCES):
        write_import(table, np.flatnonzero(source == number), by_device, f"{target}/{name}.parquet")
    with open(f"{target}/links.jsonl", "w") as out:
        for user in merged.tolist():
            out.write(json.dumps({"type": "identify", "userId": str(user), "anonymousId": f"device-{user}",
                                  "timestamp": "2026-02-28T00:00:00Z", "messageId": f"link-{user}"}) + "\n")
    np.save(f"{target}/source.npy", source.astype(np.uint8))
    with open(f"{target}/drawn.json", "w") as out:
        json.dump({"events": len(person), "people": len(people), "erased": erased.tolist(), "merged": len(merged),
                   "spare": spare.tolist()}, out)


def show_peers(data, target, erased):
    """Writes what the peers get, now that it is known who was erased; answers the rows that each purpose sees."""
    import numpy as np, pyarrow.parquet as pq
    table, source = pq.read_table(f"{data}/events_user.parquet"), np.load(f"{target}/source.npy")
    stays, told = ~np.isin(table["user_id"].to_numpy(), erased), {}
    for purpose in PURPOSES:
        opens = np.array([purpose in bases for _, bases in SOURCES.values()])
        rows = np.flatnonzero(opens[source] & stays)
        shutil.rmtree(f"{target}/{purpose}", ignore_errors=True)
        write_peers(table, rows, f"{target}/{purpose}")
        told[purpose] = len(rows)
    return told


def write_import(table, rows, by_device, target):
    """Some rows as `candor import` takes them, in the order of the generator: by person and time."""
    import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
    some, device = table.take(pa.array(rows)), pa.array(by_device[rows])
    who = some["user_id"].cast(pa.string())
    none = pa.scalar(None, pa.string())
    # As many digits as the generator rounded to: the number of 64 bits, not that of 32.
    amount = pc.round(some["amount"].cast(pa.float64()), 2)
    pq.write_table(pa.table({
        "event": some["event"].cast(pa.string()),
        "time": some["ts"].cast(pa.timestamp("ms", tz="UTC")),
        "user_id": pc.if_else(device, none, who),
        "device_id": pc.if_else(device, pc.binary_join_element_wise("device", who, "-"), none),
        "country": some["country"].cast(pa.string()),
        "device": some["device"].cast(pa.string()),
        "amount": pc.if_else(pc.equal(amount, 0), pa.scalar(None, pa.float64()), amount),
    }), target, compression="zstd", row_group_size=100_000)


def write_peers(table, rows, folder):
    """What a purpose sees, sorted by person and by time."""
    import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
    os.makedirs(folder, exist_ok=True)
    some = table.take(pa.array(rows))
    pq.write_table(some, f"{folder}/events_user.parquet", **PACKED)
    pq.write_table(some.take(pc.sort_indices(some["ts"])), f"{folder}/events_time.parquet", **PACKED)
