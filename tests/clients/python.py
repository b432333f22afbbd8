"""The official client for Python. Usage: python python.py URL KEY MODE USER"""

import json
import sys

from segment.analytics.client import Client

PRODUCTS = [
    {"product_id": "mug", "price": 12.5, "quantity": 1},
    {"product_id": "tee", "price": 24, "quantity": 1},
]
ANSWERS = {"with": True, "withdrawn": False}

url, key, mode, user = sys.argv[1:]
device = user + "-device"
failures = []
client = Client(key, host=url, gzip=True, on_error=lambda error, items: failures.append(error))


def context():
    """The consent that rides on each call: nothing said, a yes, or a no."""
    if mode == "without":
        return {}
    answer = ANSWERS[mode]
    return {"consent": {"categoryPreferences": {"measure": answer, "analyse": answer, "link-devices": answer}}}


def send(call, *arguments, **more):
    """Hands one call to the client and says what was sent."""
    taken, event = getattr(client, call)(*arguments, context=context(), **more)
    assert taken, "the client's queue is full"
    sent = {"call": call, "event": event.get("event", call), "message": event["messageId"]}
    product = event.get("properties", {}).get("product_id")
    if product is not None:
        sent["product"] = product
    print(json.dumps(sent))


send("page", user, "Shop", "Home", anonymous_id=device)
for product in PRODUCTS:
    send("track", user, "Product Viewed", product, anonymous_id=device)
send("screen", user, None, "Cart", anonymous_id=device)
send("alias", device, user)
send("identify", user, {"plan": "plus"}, anonymous_id=device)
send("group", user, "org-1", {"industry": "Retail"}, anonymous_id=device)
send("track", user, "Product Added", {**PRODUCTS[0], "quantity": 2}, anonymous_id=device)
send("track", user, "Order Completed", {"order_id": user + "-1", "total": 49, "currency": "EUR"}, anonymous_id=device)

client.shutdown()
if failures:
    raise SystemExit(f"not delivered: {failures}")
