"""The questions of the race: what varies in each, how Candor is asked, and its answer as the peers' rows.

A question is a plain dictionary, so that it can be handed to the process of a peer (`queries.py`):
`name`, `shape`, `purpose`, `from` and `to` (days from the generator's first), `where` (column: values),
`without` (people who were erased meanwhile), and what its shape has beside that.
"""
import datetime, random

from queries import DAY, ID0, UNITS

EVENTS = ("page_view search product_view add_to_cart purchase login signup logout share like comment video_play "
          "video_end download upload invite settings help error subscribe").split()
COUNTRIES = "US DE FR GB ES IT PL NL BR MX".split()
DEVICES = "mobile desktop tablet".split()


def question(name, shape, **parts):
    return {"name": name, "shape": shape, "purpose": "measure", "from": 0, "to": 63, "where": {}, "without": [],
            **parts}


def stock():
    return {asked["name"]: asked for asked in (
        question("funnel5", "funnel", steps=EVENTS[:5], window=7, breakdown="country", order="in-order"),
        question("retention8w", "retention", event=None, interval="week"),
        question("daily_uniq", "uniques", events=EVENTS, interval="day"),
        question("paths3", "paths", exclude=[]),
        question("cohort", "cohort", events=["add_to_cart", "purchase"], at_least=3, **{"from": 30}),
        question("trend", "trend", event="purchase", breakdown="country", interval="day"),
    )}


# What DataFusion answers well, in SQL: one text, over the table that Candor shows and over the peer's.
OURS = {"seconds": "(to_unixtime(time) - 1767225600) / {}", "rows": "from events", "who": "person", "time": "time"}
PEERS = {"seconds": "(arrow_cast(ts, 'Int64') - 1767225600000) / {}000", "rows": "from ev", "who": "user_id",
         "time": "ts"}
SELECTS = {
    "sql_trend": ("select {day} d, country, count(*), sum(cast(round(cast(amount as double) * 100) as bigint)) {rows} "
                  "where event = 'purchase' group by 1, 2"),
    "sql_cohort": ("select count(*) from (select {who}, count(*) filter (where event = 'add_to_cart') a, "
                   "count(*) filter (where event = 'purchase') p {rows} where event in ('add_to_cart', 'purchase') "
                   "and {time} >= timestamp '2026-01-31 00:00:00' group by 1) x where a >= 3 and p = 0"),
    "sql_retention": ("select fw, " + ", ".join(f"count(*) filter (where b{week})" for week in range(9)) +
                      " from (select {who}, min({week}) fw, " +
                      ", ".join(f"bool_or({{week}} = {week}) b{week}" for week in range(9)) +
                      " {rows} group by 1) a group by 1"),
    "sql_uniq": "select {day} d, event, count(distinct {who}) {rows} group by 1, 2",
}


def selects():
    def worded(text, words):
        day, week = (words["seconds"].format(of) for of in (86_400, 604_800))
        return text.format(day=day, week=week, **words)

    return [question(name, "select", ours=worded(text, OURS), sql=worded(text, PEERS))
            for name, text in SELECTS.items()]


def varied(asked, number, seed):
    """The same kind of question about other events, another window, breakdown, time, filter and purpose."""
    chance = random.Random(f"{seed}/{asked['name']}/{number}")
    some = chance.sample(EVENTS, 5)
    more = {"name": f"{asked['name']}~{number}", "purpose": chance.choice(["measure", "analyse"])}
    match asked["shape"]:
        case "funnel":
            more |= {"steps": some, "window": chance.choice([1, 3, 14])}
            more |= {"breakdown": chance.choice(["country", "device"])}
        case "retention":
            more |= {"event": chance.choice([None, some[0]]), "interval": chance.choice(["day", "week"])}
        case "uniques":
            more |= {"events": chance.sample(EVENTS, 10), "interval": chance.choice(["day", "week"])}
        case "cohort":
            more |= {"events": some[:2], "at_least": chance.choice([1, 2, 4])}
        case "paths":
            more |= {"exclude": some[:2]}
        case "trend":
            more |= {"event": chance.choice(["purchase", some[0]]), "breakdown": chance.choice(["country", "device"])}
    if asked["shape"] != "retention" and chance.random() < 0.5:
        more |= {"from": chance.choice([0, 7, 20]), "to": chance.choice([45, 56, 63])}
    filters = [{}, {"country": chance.sample(COUNTRIES, 3)}, {"device": [chance.choice(DEVICES[:2])]}]
    # Paths know no filter by a property.
    return {**asked, **more, "where": {} if asked["shape"] == "paths" else chance.choice(filters)}


def day(number):
    return (datetime.date(2026, 1, 1) + datetime.timedelta(days=number)).isoformat()


def body(asked):
    """How Candor is asked: the kind of the question, and the question."""
    said = {"purpose": asked["purpose"], "from": day(asked["from"]), "to": day(asked["to"]), "zone": "UTC",
            "week_start": "thursday"}
    tests = [{"property": column, "is": values} for column, values in asked["where"].items()]

    def deed(event, **more):
        return {"event": event, **more, **({"where": tests} if tests else {})}

    match asked["shape"]:
        case "funnel":
            steps = [deed(step) for step in asked["steps"]]
            return "funnel", {**said, "steps": steps, "window": f"{asked['window']}d", "order": asked["order"],
                              "breakdown": asked["breakdown"], "limit": 1000}
        case "retention":
            return "retention", {**said, "start": deed(asked["event"]), "return": deed(asked["event"]),
                                 "interval": asked["interval"]}
        case "uniques":
            series = [deed(event, count="people") for event in asked["events"]]
            return "trend", {**said, "interval": asked["interval"], "series": series}
        case "paths":
            return "paths", {**said, "length": 3, "gap": "3660d", "limit": 20, "exclude": asked["exclude"]}
        case "cohort":
            often, never = asked["events"]
            return "cohort", {**said, "all": [deed(often, at_least=asked["at_least"])], "none": [deed(never)]}
        case "trend":
            series = [deed(asked["event"], count="events"), deed(asked["event"], count="sum", of="amount")]
            return "trend", {**said, "interval": asked["interval"], "breakdown": asked["breakdown"], "limit": 1000,
                             "series": series}
        case "select":
            return "sql", {"purpose": asked["purpose"], "from": said["from"], "to": said["to"], "zone": "UTC",
                           "sql": asked["ours"], "limit": 10_000}


def number(instant, unit):
    at = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return (round(at.timestamp() * 1000) - ID0) // UNITS[unit]


def levels(steps):
    people = [step["people"] for step in steps] + [0]
    return [(n + 1, one - two) for n, (one, two) in enumerate(zip(people, people[1:])) if one > two]


def rows(asked, answer):
    """The answer as the rows that the peers give."""
    unit = asked.get("interval", "day")
    match asked["shape"]:
        case "funnel":
            return [(line["value"], level, people)
                    for line in answer["breakdown"] for level, people in levels(line["steps"])]
        case "retention":
            first = [(number(cohort["start"], unit), cohort["values"]) for cohort in answer["cohorts"]]
            return [(start, start + n, value) for start, values in first for n, value in enumerate(values) if value]
        case "uniques":
            starts = [number(start, unit) for start in answer["intervals"]]
            lines = [(line["event"], line["values"]) for line in answer["series"]]
            return [(start, label, value) for label, values in lines for start, value in zip(starts, values) if value]
        case "paths":
            return [(*way["path"], way["count"]) for way in answer["top"][:20]]
        case "cohort":
            return [(answer["people"],)]
        case "trend":
            found = {}
            for line in answer["series"]:
                for start, value in zip(answer["intervals"], line["values"]):
                    found.setdefault((number(start, unit), line["breakdown"]), {})[line["count"]] = value or 0
            cells = ((*key, cell["events"], round(cell.get("sum", 0) * 100)) for key, cell in found.items())
            return [row for row in cells if row[2]]
        case "select":
            return answer["rows"]
