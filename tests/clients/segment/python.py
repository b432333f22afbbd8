"""Segment's client for Python. Usage: python python.py URL KEY MODE USER"""

import sys

from segment.analytics.client import Client
from visit import PRODUCTS, answers, say

url, key, mode, user = sys.argv[1:]
device = user + "-device"
failures = []
client = Client(key, host=url, gzip=True, on_error=lambda error, items: failures.append(error))


def send(call, *arguments, **more):
    """Hands one call to the client, with the consent that rides on each, and says what was sent."""
    preferences = answers(mode)
    context = {"consent": {"categoryPreferences": preferences}} if preferences else {}
    taken, event = getattr(client, call)(*arguments, context=context, **more)
    assert taken, "the client's queue is full"
    product = event.get("properties", {}).get("product_id")
    say(event.get("event", call), event["messageId"], product)


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
