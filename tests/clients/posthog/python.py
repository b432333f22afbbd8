"""PostHog's client for Python. Usage: python python.py URL KEY MODE USER"""

import os
import sys

from posthog import Posthog
from visit import PRODUCTS, answers, say

url, key, mode, user = sys.argv[1:]
consent = answers(mode)
failures = []
client = Posthog(
    key,
    host=url,
    gzip=True,
    super_properties={"$consent": consent} if consent else {},
    on_error=lambda error, items: failures.append(error),
)
DEVICE = "01a20f52-b4c4-7786-abb6-20e57f27f4be"
GROUPS = {"company": "acme"}


def capture(event, properties):
    """Hands one event to the client and says that it was sent."""
    uuid = client.capture(event, distinct_id=user, properties=properties, groups=GROUPS)
    say(event, uuid, properties.get("product_id"))


capture("$pageview", {"$current_url": "https://shop.example/"})
for product in PRODUCTS:
    capture("Product Viewed", product)
say("$create_alias", client.alias(DEVICE, user))
say("$set", client.set(distinct_id=user, properties={"plan": "plus"}))
say("$groupidentify", client.group_identify("company", "acme", {"industry": "Retail"}, distinct_id=user))
capture("Product Added", {**PRODUCTS[0], "quantity": 2})
capture("Order Completed", {"order_id": user + "-1", "total": 49, "currency": "EUR"})

client.shutdown()
if os.environ.get("POSTHOG_CAPTURE_MODE") == "v1" and mode != "with":
    # On the newer route each event is told why it was not kept.
    code = {"without": "consent-absent", "withdrawn": "consent-withdrawn"}[mode]
    told = [details for failure in failures for _, details in failure.drops]
    assert told == [code] * 8, f"told {told}"
elif failures:
    raise SystemExit(f"not delivered: {failures}")
