"""What was measured, as rows of the table."""
import json, sys

from questions import SELECTS
from table import Table

# How many times faster than the best peer.
GOALS = {"funnel5": 3.5, "retention8w": 3.5, "daily_uniq": 4, "paths3": 14, "cohort": 1.5, "trend": 3}


def compare(measured):
    """Stops where an answer is not that of every peer."""
    wrong = []
    for threads, peers in measured["peers"].items():
        ours = measured["ours"][threads]
        lines = [(name, ours[name], line) for name, heard in peers["heard"].items() for line in heard]
        lines += [(f"{name}, straight after an erasure", measured["erasing"][threads][name], line)
                  for name, line in peers.get("erasing", {}).items()]
        for name, told, line in lines:
            if "sha256" in told and told["sha256"] != line["sha256"]:
                asked = json.dumps({**told["asked"], "without": len(told["asked"]["without"])})
                wrong.append(f"{name}, {threads} threads: {told['sha256']}, but {line.get('peer', 'ClickHouse')} "
                             f"says {line['sha256']}: {asked}")
    if wrong:
        sys.exit("other answers than the peers':\n" + "\n".join(wrong))


def everything(measured, drawn, grown, grown_from, is_kept):
    forgotten = measured["forgotten"]
    table = Table(f"{drawn['events']} events, {drawn['people']} people, encrypted, six purpose masks, "
                  f"{forgotten['visible']['measure']} rows visible, {len(forgotten['erased'])} erased and "
                  f"{drawn['merged']} merged after the load")
    for threads, ours in measured["ours"].items():
        asked_by = f"{threads} thread{'s' if threads != '1' else ''}"
        heard = measured["peers"].get(threads, {"heard": {}})["heard"]
        for name in GOALS:
            if name in heard:
                limit = measured["limits"].get(name) if threads == "1" else None
                raced(table, name, asked_by, ours, heard, measured["erasing"].get(threads, {}), limit)
        alone(table, asked_by, ours, heard)
        if grown and threads in grown["ours"]:
            growth(table, asked_by, ours, grown["ours"][threads], drawn["events"] / grown_from, grown_from)
    stored(table, measured)
    loaded(table, measured["loaded"], forgotten)
    table.show()
    if is_kept:
        table.keep()


def raced(table, name, asked_by, ours, heard, erasing, limit):
    """A question as it stands, varied, straight after an erasure, and the least favourable of these."""
    def best(question):
        return min((line["seconds"], line["peer"]) for line in heard[question])

    lines = []
    for question in [name] + [other for other in ours if other.startswith(f"{name}~") and other in heard]:
        what = "as it stands" if question == name else "variation " + question.split("~")[1]
        lines.append((what, ours[question]["seconds"], *best(question), ours[question]["asked"]))
    if name in erasing:
        lines.append(("straight after an erasure", erasing[name]["seconds"], *best(name), None))
    for what, seconds, peer, who, asked in lines:
        about = ""
        if what.startswith("variation"):
            parts = {part: value for part, value in asked.items() if part not in ("name", "shape", "without")}
            about = json.dumps(parts)
        table.add(f"{name}, {what}, {asked_by}", seconds, peer_name=who, peer=peer, ratio=peer / seconds,
                  conditions=about)
    what, seconds, peer, who, _ = min(lines, key=lambda line: line[2] / line[1])
    table.add(f"{name}, {asked_by}", seconds, peer_name=who, peer=peer, ratio=peer / seconds, goal=GOALS[name],
              limit=limit, conditions=f"the least favourable: {what}")


def alone(table, asked_by, ours, heard):
    """Other orders of the funnel, SQL, the dashboard, and memory."""
    for order in ("strict", "any-order"):
        if f"funnel5 {order}" in ours:
            one, other = ours[f"funnel5 {order}"]["seconds"], ours["funnel5"]["seconds"]
            table.add(f"funnel5 {order}, {asked_by}", one, peer_name="Candor, in order", peer=other,
                      ratio=one / other, most=1.5)
    for name in SELECTS:
        if name in heard:
            told, other = ours[name], min(line["seconds"] for line in heard[name])
            seconds = told.get("seconds")
            table.add(f"{name}, {asked_by}", seconds, peer_name="DataFusion, Parquet by person", peer=other,
                      ratio=seconds and seconds / other, most=1.2,
                      conditions=f"refused: {told['refused']}" if "refused" in told else "")
    if "dashboard" in ours:
        board = ours["dashboard"]
        table.add(f"dashboard of {board['tiles']} tiles, {asked_by}", board["seconds"], most=0.8)
    greatest, name = max((told["memory"], name) for name, told in ours.items() if "memory" in told)
    table.add(f"most memory of a question, {asked_by}", greatest, unit="MiB", most=256, conditions=name)


def growth(table, asked_by, ours, before, factor, events):
    times = {name: ours[name]["seconds"] / before[name]["seconds"] for name in GOALS if name in before and name in ours}
    if times:
        ratio, name = max((times[name], name) for name in times)
        table.add(f"growth, {asked_by}", ours[name]["seconds"], peer_name=f"Candor, {events} events",
                  peer=before[name]["seconds"], ratio=ratio / factor, most=1,
                  conditions=f"seconds of an event against those of fewer, the worst: {name}")


def holds_what_peers_do(part):
    """A stamp holds source, verdict and purposes beside the event."""
    return part in ("person", "stamp", "time") or part.startswith("property ")


def stored(table, measured):
    """What lies on the disk, and what is read of it for one day."""
    forgotten = measured["forgotten"]
    rows, lake = forgotten["status"]["file_rows"], forgotten["bytes"]["lake"]
    sizes = next(iter(measured["peers"].values()), {"bytes": {}})["bytes"]
    if sizes:
        size, name = min((size, name) for name, size in sizes.items())
        peer = size / forgotten["visible"]["measure"]
        theirs = sum(bytes for part, bytes in forgotten["storage"].items() if holds_what_peers_do(part))
        table.add("columns that the events have, an event", theirs / rows, unit="B", peer_name=name, peer=peer,
                  ratio=theirs / rows / peer, most=1.1, conditions="person, stamp, time and properties, in files")
        table.add("lake, an event", lake / rows, unit="B", peer_name=name, peer=peer, ratio=lake / rows / peer)
    for part, size in forgotten["storage"].items():
        table.add(f"  lake: {part}", size, unit="B", conditions=f"{size / rows:.3f} B an event")
    for part, size in sorted(forgotten["bytes"].items()):
        if size:
            table.add(f"  {part}", size, unit="B")
    first = next(iter(measured["ours"].values()))
    if "one day" in first:
        scanned, day = first["one day"]["scanned"], lake // 60
        table.add("one day, bytes read", scanned["bytes"], unit="B", peer_name="a sixtieth of the lake", peer=day,
                  ratio=scanned["bytes"] / day, conditions=f"{scanned['rows']} rows, {scanned['files']} files")


def loaded(table, told, forgotten):
    """What loading, linking and erasing took, and questions about what has just arrived."""
    ratio, name = max((told["fresh"][name] / told["packed"][name], name) for name in told["fresh"])
    table.add("freshly arrived", told["fresh"][name], peer_name="Candor, packed", peer=told["packed"][name],
              ratio=ratio, most=2, conditions=f"the worst: {name}, straight after the load, {told['fresh_rows']} rows "
                                              f"in memory, 1 thread")
    table.add("loading", int(told["status"]["file_rows"] / told["seconds"]), unit="/s", conditions="events a second")
    table.add("linking", forgotten["linking"], conditions="candor import of the links")
    table.add("erasing", forgotten["erasing"],
              conditions=f"{len(forgotten['erased'])} of {forgotten['wanted']} people, {forgotten['erase_p50']:.3f} s "
                         f"in the middle; {forgotten['not_rewritten']} were not rewritten "
                         f"{forgotten['settling']:.0f} s later")
