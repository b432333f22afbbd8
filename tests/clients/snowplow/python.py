"""Snowplow's client for Python. Usage: python python.py URL KEY MODE USER"""

import sys
import time

from snowplow_tracker import (
    Emitter,
    PagePing,
    PageView,
    ScreenView,
    SelfDescribing,
    SelfDescribingJson,
    StructuredEvent,
    Subject,
    Tracker,
)
from visit import PRODUCTS, answers, say

DELIVERY_MAX_SECONDS = 60
SHOP = "iglu:com.snowplowanalytics.snowplow.ecommerce"
SNOWPLOW = "iglu:com.snowplowanalytics.snowplow"

url, key, mode, user = sys.argv[1:]
delivered = set()
emitter = Emitter(
    url, batch_size=3, on_success=lambda events: delivered.update(event["eid"] for event in events)
)
subject = Subject().set_platform("srv").set_user_id(user).set_domain_user_id(user + "-device")
tracker = Tracker("shop", emitter, subject=subject, app_id=key)


def consent():
    """What the person answered, as a context of each event."""
    given = answers(mode)
    if given is None:
        return []
    agreed = [purpose for purpose, answer in given.items() if answer]
    data = {
        "eventType": "allow_all" if agreed else "withdrawn",
        "basisForProcessing": "consent",
        "consentUrl": "https://shop.example/privacy",
        "consentVersion": "1.0",
        "consentScopes": agreed,
        "domainsApplied": ["shop.example"],
        "gdprApplies": True,
    }
    return [SelfDescribingJson(SNOWPLOW + "/consent_preferences/jsonschema/1-0-0", data)]


sent = []


def send(name, kind, /, *entities, product=None, **what):
    """Hands one event to the client, with the consent that rides on each."""
    message = tracker.track(kind(**what, context=consent() + list(entities)))
    sent.append((name, message, product))


def described(schema, data):
    return SelfDescribingJson(schema, data)


send("page_view", PageView, page_url="https://shop.example/?utm_source=news", page_title="Shop")
for product in PRODUCTS:
    look = described(SHOP + "/snowplow_ecommerce_action/jsonschema/1-0-2", {"type": "product_view"})
    data = {"id": product["product_id"], "price": product["price"], "category": "things", "currency": "EUR"}
    entity = described(SHOP + "/product/jsonschema/1-0-0", data)
    send("snowplow_ecommerce_action", SelfDescribing, entity, event_json=look, product=product["product_id"])
send("page_ping", PagePing, page_url="https://shop.example/", max_y=400)
send("screen_view", ScreenView, id_="0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f", name="Cart")
added = described(SNOWPLOW + "/add_to_cart/jsonschema/1-0-0", {"sku": "mug", "quantity": 2})
send("add_to_cart", SelfDescribing, event_json=added)
send("event", StructuredEvent, category="shop", action="pay", value=49)

end = time.monotonic() + DELIVERY_MAX_SECONDS
while not all(message in delivered for _, message, _ in sent):
    if time.monotonic() > end:
        raise SystemExit("not every event was delivered in time")
    tracker.flush()
    time.sleep(0.02)
for event, message, product in sent:
    say(event, message, product, "product.id")
