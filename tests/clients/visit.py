"""What every client does: one visit to a shop, with the same products and the same answers."""

import json

PRODUCTS = [
    {"product_id": "mug", "price": 12.5, "quantity": 1},
    {"product_id": "tee", "price": 24, "quantity": 1},
]


def answers(mode):
    """What the person answers, by our purposes: nothing, a yes to each, or a no to each."""
    if mode == "without":
        return None
    answer = {"with": True, "withdrawn": False}[mode]
    return {"measure": answer, "analyse": answer, "link-devices": answer}


def say(event, message, product=None, prop="product_id"):
    """Says that an event was sent, for the harness to compare with what Candor answers: its name, its
    key, and of a look at a product its id and the property that has it."""
    print(json.dumps({"event": event, "message": message, "product": product, "property": prop}))
