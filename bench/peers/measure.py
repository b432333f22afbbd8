"""What is measured of Candor: loading, each question with its variations, and asking while people are erased."""
import json, time
from concurrent.futures import ThreadPoolExecutor

from candor import Refused
from conditions import LINKS, PURPOSES, SOURCES
from queries import digest
import questions


def load(candor, target):
    """Loads all events, and asks about them as they arrived and once they are packed."""
    candor.clear()
    told = {"start": candor.start(1)}
    told["seconds"] = sum(candor.load(f"{target}/{name}.parquet", name) for name in SOURCES)
    candor.admit(PURPOSES)
    told["token"] = candor.token
    stock = questions.stock().values()
    told["fresh"] = {asked["name"]: ask(candor, asked, 2)["seconds"] for asked in stock}
    told["fresh_rows"] = candor.status()["fresh_rows"]
    # A start anew brings into files what a minute would.
    candor.start(1)
    told["settling"] = candor.settle()
    told["packed"] = {asked["name"]: ask(candor, asked, 3)["seconds"] for asked in stock}
    return {**told, "bytes": candor.bytes(), "status": candor.status()}


def forget(candor, target, drawn, longest):
    """Links the devices of people who are merged, then erases people."""
    told = {"linking": candor.load(f"{target}/links.jsonl", next(iter(LINKS)), "segment")}
    told |= erase(candor, drawn["erased"], longest)
    told["settling"] = candor.settle(longest)
    return {**told, "not_rewritten": candor.open_erasures(), "bytes": candor.bytes(), "status": candor.status(),
            "storage": candor.storage()}


def erase(candor, people, longest):
    """Erases people over several connections, for as long as there is time for it."""
    begun = time.time()

    def one(user):
        return candor.erase(user) if time.time() - begun < longest else None

    with ThreadPoolExecutor(4) as connections:
        taken = list(connections.map(one, people))
    erased = [user for user, seconds in zip(people, taken) if seconds is not None]
    middle = sorted(seconds for seconds in taken if seconds is not None)[len(erased) // 2]
    return {"erasing": time.time() - begun, "wanted": len(people), "erased": erased, "erase_p50": middle}


def ask(candor, asked, runs):
    """The best seconds of the runs after a first one, the hash of the answer, and the most memory that it took."""
    kind, question = questions.body(asked)
    candor.forget_peak()
    best = None
    try:
        for _ in range(runs + 1):
            begun = time.time()
            answer = candor.ask(f"/api/query/{kind}", question)
            seconds = time.time() - begun
            best = min(best or seconds, seconds)
    except Refused as refused:
        return {"asked": asked, "refused": json.loads(str(refused)).get("code", str(refused)[:200])}
    return {"asked": asked, "seconds": best, "sha256": digest(questions.rows(asked, answer)),
            "memory": candor.memory("VmHWM"), "scanned": answer.get("scanned")}


def everything(candor, stock, variants, seed, runs, gone):
    """Each question, its variations, its other orders, the selects, and a dashboard of twelve of them."""
    gone = list(gone)
    asked = [{**one, "without": gone} for one in stock]
    varied = [questions.varied(one, number, seed) for one in asked for number in range(1, variants + 1)]
    orders = [{**one, "name": f"{one['name']} {order}", "order": order}
              for one in asked if one["shape"] == "funnel" for order in ("strict", "any-order")]
    told = {one["name"]: ask(candor, one, runs) for one in asked + varied + orders}
    if len(stock) == len(questions.stock()):
        told |= {one["name"]: ask(candor, {**one, "without": gone}, runs) for one in questions.selects()}
        tiles = asked + [questions.varied(one, 99, seed) for one in asked]
        told["dashboard"] = dashboard(candor, tiles, runs)
        day = {**questions.stock()["daily_uniq"], "name": "one day", "from": 40, "to": 41}
        told["one day"] = ask(candor, {**day, "without": gone}, runs)
    return told


def dashboard(candor, asked, runs):
    """Twelve tiles at once."""
    def tile(number, one):
        kind, question = questions.body(one)
        return {"id": f"t{number}", "question": {"kind": kind, "question": question},
                "x": number % 3 * 4, "y": number // 3 * 4, "w": 4, "h": 4}

    board = {"name": f"Race {time.time()}", "tiles": [tile(number, one) for number, one in enumerate(asked)]}
    saved = candor.manage("POST", "/api/dashboards", board)
    candor.forget_peak()
    best = None
    for _ in range(runs + 1):
        begun = time.time()
        answer = candor.ask(f"/api/dashboards/{saved['id']}/answers", {})
        seconds = time.time() - begun
        best = min(best or seconds, seconds)
    for one, told in zip(asked, answer["tiles"]):
        if told.get("problem"):
            raise Refused(json.dumps(told["problem"]))
        kind, question = questions.body(one)
        if questions.rows(one, told["answer"]) != questions.rows(one, candor.ask(f"/api/query/{kind}", question)):
            raise Refused(f"{one['name']} has another answer on a dashboard than alone")
    return {"seconds": best, "memory": candor.memory("VmHWM"), "tiles": len(asked)}


def erasing(candor, stock, spare, gone):
    """Erases one more person for each question, and asks it at once."""
    told = {}
    for one in stock:
        user = next(user for user in spare if user not in gone)
        seconds = candor.erase(user)
        gone.append(user)
        told[one["name"]] = {**ask(candor, {**one, "without": list(gone)}, 0), "erase": seconds}
    return told
