"""The peers, each in a process of its own, in its best layout and setting."""
import json, os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = {
    "ClickHouse, by person, in order": ({"CHDB_IN_ORDER": "1"}, ["chdb", "user", "1"]),
    "ClickHouse, by day and event": ({}, ["chdb", "time", "1"]),
    "DuckDB, own table": ({}, ["duckdb", "user", "1"]),
    "DataFusion, Parquet by person": ({}, ["datafusion", "user", "0"]),
}
CLICKHOUSE = [name for name in PEERS if name.startswith("ClickHouse")]
# Questions that an engine answers so slowly that it would not be the best.
SKIPPED = {("DuckDB", "funnel5"), ("DataFusion", "funnel5"), ("DataFusion", "paths3")}


def hear(peer, folder, asked, runs, threads):
    """By question what one peer answers; and what its own table took, by None."""
    variables, (engine, layout, native) = PEERS[peer]
    path = f"{folder}/asked.json"
    with open(path, "w") as out:
        json.dump(asked, out)
    command = [sys.executable, f"{HERE}/queries.py", engine, folder, layout, str(runs), str(threads), native, path]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables})
    if done.returncode:
        sys.exit(f"{peer}: {done.stderr[-2000:]}")
    lines = map(json.loads, done.stdout.splitlines())
    return {line.get("question"): line for line in lines}


def everyone(target, ours, runs, threads):
    """What the peers say to all that Candor was asked: by question, a list of answers; and their tables' bytes."""
    asked = [told["asked"] for told in ours.values() if "asked" in told]
    heard, bytes_of = {}, {}
    # As often as Candor, whose first run is one more.
    runs += 1

    def add(peer, purpose, some, runs):
        some = [one for one in some if one["purpose"] == purpose]
        if not some:
            return
        for name, line in hear(peer, f"{target}/{purpose}", some, runs, threads).items():
            if name is not None:
                heard.setdefault(name, []).append({"peer": peer, **line})
            elif purpose == "measure":
                bytes_of[peer] = line["bytes"]

    varied = [one for one in asked if "~" in one["name"]]
    selects = [one for one in asked if one["shape"] == "select"]
    stock = [one for one in asked if one not in varied + selects and one.get("order", "in-order") == "in-order"]
    for peer in PEERS:
        add(peer, "measure", [one for one in stock if (peer.split(",")[0], one["name"]) not in SKIPPED], runs)
    for peer in CLICKHOUSE:
        for purpose in ("measure", "analyse"):
            add(peer, purpose, varied, runs)
    add("DataFusion, Parquet by person", "measure", selects, runs)
    return heard, bytes_of


def check(target, ours):
    """Asks one peer what Candor was asked straight after erasures: only to compare."""
    asked = [told["asked"] for told in ours.values()]
    heard = hear("ClickHouse, by person, in order", f"{target}/measure", asked, 1, 2)
    return {name: line for name, line in heard.items() if name is not None}
