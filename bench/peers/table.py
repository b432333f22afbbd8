"""The table: one row for each metric, printed and kept under bench/results."""
import datetime, json, os, platform, subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "..", "results", "questions.jsonl")
FIELDS = "commit date metric unit ours peer_name peer ratio limit goal met conditions".split()


class Table:
    def __init__(self, conditions):
        commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
        self.shared = f"{conditions}; {platform.machine()}, {os.cpu_count()} cores"
        self.commit, self.rows = commit.stdout.strip(), []

    def add(self, metric, ours, unit="s", peer_name=None, peer=None, ratio=None, limit=None, goal=None, most=None,
            conditions=""):
        """`goal` is the least that the ratio may be, `most` the most."""
        number = ratio if ratio is not None else ours
        met = None
        if goal is not None or most is not None:
            met = number is not None and (number >= goal if goal is not None else number <= most)
        values = (self.commit, datetime.date.today().isoformat(), metric, unit, brief(ours), peer_name, brief(peer),
                  brief(ratio), brief(limit), goal if goal is not None else most, met,
                  "; ".join(part for part in (conditions, self.shared) if part))
        self.rows.append(dict(zip(FIELDS, values)))

    def keep(self):
        os.makedirs(os.path.dirname(RESULTS), exist_ok=True)
        with open(RESULTS, "a") as out:
            out.writelines(json.dumps(row) + "\n" for row in self.rows)

    def show(self):
        def cell(value):
            return "" if value is None else f"{value:,}" if isinstance(value, (int, float)) else str(value)

        print(f"{'metric':46} {'ours':>11} {'':4} {'peer':>11} {'ratio':>7} {'goal':>6} {'met':4} {'limit':>6} "
              f"{'share':>6}  peer; conditions")
        for row in self.rows:
            share = f"{row['limit'] / row['ours']:.0%}" if row["limit"] and row["ours"] else ""
            met = {True: "yes", False: "no", None: ""}[row["met"]]
            own = row["conditions"].removesuffix(self.shared).removesuffix("; ")
            said = "; ".join(part for part in (row["peer_name"], own) if part)
            print(f"{row['metric']:46} {cell(row['ours']):>11} {row['unit']:4} {cell(row['peer']):>11} "
                  f"{cell(row['ratio']):>7} {cell(row['goal']):>6} {met:4} {cell(row['limit']):>6} {share:>6}  {said}")
        print(self.shared)


def brief(value):
    if value is None or isinstance(value, int):
        return value
    return round(value, 3) if value < 100 else round(value)
