//! The demo shop's visitors: who they are, what they do, what they agreed to. All names come from
//! its file.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{Span, Time};

use crate::command::client::put;

/// The shop as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shop {
    products: Vec<Product>,
    countries: BTreeMap<String, f64>,
    devices: BTreeMap<String, f64>,
    campaigns: BTreeMap<String, f64>,
    visit: Visit,
    events: Events,
    answers: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    id: String,
    name: String,
    category: String,
    brand: String,
    price: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Visit {
    search: f64,
    view: f64,
    view_repeat: u32,
    add: f64,
    checkout: f64,
    order: f64,
    login: f64,
    pause_seconds: u32,
    visits_per_person: u32,
}

/// The names of the shop's events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    search: String,
    view: String,
    add: String,
    checkout: String,
    order: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(rename = "name")]
    _name: String,
    share: f64,
    #[serde(default)]
    yes: Vec<String>,
    #[serde(default)]
    no: Vec<String>,
    taken_back_after_days: Option<u32>,
}

/// One call, ready to be stamped and sent.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) time: Time,
    pub(super) by_server: bool,
    pub(super) call: Value,
}

/// A visitor: the same number is the same person.
struct Visitor<'s> {
    device_id: String,
    user_id: String,
    country: &'s str,
    device: &'s str,
    answer: &'s Answer,
}

impl Shop {
    /// The shop that the program ships.
    pub(super) fn shipped() -> anyhow::Result<Self> {
        Ok(toml::from_str(include_str!("../../../../../examples/shop/events.toml"))?)
    }

    /// Every event of a stretch of time, in its order.
    #[must_use]
    pub(super) fn history(&self, seed: u64, people: u32, start: Time, end: Time) -> Vec<Event> {
        let mut events = Vec::new();
        for number in 0..u64::from(people) {
            let mut chance = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let visitor = self.visitor(seed, number, &mut chance);
            let length = (end - start).0.max(1);
            let first = start + Span(chance.i64(0..length));
            let mut time = first;
            for visit in 0..=chance.u32(0..self.visit.visits_per_person * 2) {
                if time >= end {
                    break;
                }
                let taken_back = visitor.answer.taken_back_after_days;
                let is_over =
                    taken_back.is_some_and(|days| time - first > Span::days(i64::from(days)));
                events.extend(self.visit(&visitor, visit, time, is_over, &mut chance));
                time = time + Span::seconds(chance.i64(3_600..10 * 86_400));
            }
        }
        events.retain(|event| event.time < end);
        events.sort_by_key(|event| event.time);
        events
    }

    /// One visit that begins now.
    #[must_use]
    pub(super) fn visit_now(&self, seed: u64, number: u64, now: Time) -> Vec<Event> {
        let mut chance = Rng::with_seed(
            seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ now.0.unsigned_abs(),
        );
        let visitor = self.visitor(seed, number, &mut chance);
        self.visit(&visitor, 0, now, false, &mut chance)
    }

    fn visitor(&self, seed: u64, number: u64, chance: &mut Rng) -> Visitor<'_> {
        let answers: Vec<f64> = self.answers.iter().map(|answer| answer.share).collect();
        static NO_ANSWER: Answer = Answer {
            _name: String::new(),
            share: 0.0,
            yes: Vec::new(),
            no: Vec::new(),
            taken_back_after_days: None,
        };
        Visitor {
            device_id: format!("device-{seed}-{number}-{:08x}", chance.u32(..)),
            user_id: format!("customer-{seed}-{number}"),
            country: pick(&self.countries, chance).unwrap_or("DE"),
            device: pick(&self.devices, chance).unwrap_or("mobile"),
            answer: place(&answers, chance)
                .and_then(|place| self.answers.get(place))
                .unwrap_or(&NO_ANSWER),
        }
    }

    fn visit(
        &self,
        whose: &Visitor<'_>,
        visit: u32,
        start: Time,
        is_over: bool,
        chance: &mut Rng,
    ) -> Vec<Event> {
        let mut calls = Calls { whose, is_over, visit, time: start, events: Vec::new() };
        let campaign = pick(&self.campaigns, chance);
        let pause = |chance: &mut Rng| {
            Span::seconds(chance.i64(2..i64::from(self.visit.pause_seconds) * 2))
        };
        calls.page("Home", "/", campaign);
        let is_known = chance.f64() < self.visit.login;
        if is_known {
            calls.time = calls.time + pause(chance);
            calls.identify();
        }
        if chance.f64() < self.visit.search {
            calls.time = calls.time + pause(chance);
            calls.track(&self.events.search, json!({ "query": "jacket" }));
        }
        if chance.f64() >= self.visit.view {
            return calls.events;
        }
        let mut product = None;
        for _ in 0..chance.u32(1..=self.visit.view_repeat.max(1)) {
            product = self.products.get(chance.usize(0..self.products.len()));
            let Some(product) = product else { break };
            calls.time = calls.time + pause(chance);
            calls.page(&product.name, &format!("/products/{}", product.id), None);
            calls.track(&self.events.view, describe(product, whose));
        }
        let Some(product) = product.filter(|_| chance.f64() < self.visit.add) else {
            return calls.events;
        };
        calls.time = calls.time + pause(chance);
        calls.track(&self.events.add, describe(product, whose));
        if chance.f64() >= self.visit.checkout {
            return calls.events;
        }
        calls.time = calls.time + pause(chance);
        if !is_known {
            calls.identify();
        }
        calls.track(&self.events.checkout, json!({ "value": product.price, "currency": "EUR" }));
        if chance.f64() < self.visit.order {
            calls.time = calls.time + pause(chance);
            let order = format!("order-{}-{visit}", whose.user_id);
            calls.order(&self.events.order, json!({
                "order_id": order, "total": product.price, "revenue": product.price, "currency": "EUR",
                "country": whose.country, "device": whose.device,
            }));
        }
        calls.events
    }
}

/// The calls of one visit as they are gathered.
struct Calls<'s> {
    whose: &'s Visitor<'s>,
    is_over: bool,
    visit: u32,
    time: Time,
    events: Vec<Event>,
}

impl Calls<'_> {
    fn page(&mut self, name: &str, path: &str, campaign: Option<&str>) {
        let url = format!("https://shop.example{path}");
        let mut context = json!({ "page": { "path": path, "url": url, "title": name } });
        if let Some(campaign) = campaign {
            put(&mut context, "campaign", json!({ "name": campaign }));
        }
        let properties = json!({
            "path": path, "url": url, "title": name, "country": self.whose.country, "device": self.whose.device,
        });
        self.push(
            json!({ "type": "page", "name": name, "properties": properties, "context": context }),
            false,
        );
    }

    fn track(&mut self, event: &str, mut properties: Value) {
        put(&mut properties, "country", json!(self.whose.country));
        put(&mut properties, "device", json!(self.whose.device));
        self.push(json!({ "type": "track", "event": event, "properties": properties }), false);
    }

    fn identify(&mut self) {
        let email = format!("{}@mail.example", self.whose.user_id);
        let traits = json!({ "email": email, "plan": "member" });
        self.push(
            json!({ "type": "identify", "userId": self.whose.user_id, "traits": traits }),
            false,
        );
    }

    fn order(&mut self, event: &str, properties: Value) {
        let user = &self.whose.user_id;
        self.push(
            json!({ "type": "track", "event": event, "userId": user, "properties": properties }),
            true,
        );
    }

    fn push(&mut self, mut call: Value, by_server: bool) {
        let answer = self.whose.answer;
        let mut choices = serde_json::Map::new();
        for purpose in &answer.yes {
            choices.insert(purpose.clone(), json!(!self.is_over));
        }
        for purpose in &answer.no {
            choices.insert(purpose.clone(), json!(false));
        }
        if !choices.is_empty() {
            let consent = json!({ "categoryPreferences": choices });
            match call.get_mut("context") {
                Some(context) => put(context, "consent", consent),
                None => put(&mut call, "context", json!({ "consent": consent })),
            }
        }
        if !by_server {
            put(&mut call, "anonymousId", json!(self.whose.device_id));
        }
        let number = self.events.len();
        let message = format!("{}-{}-{}-{number}", self.whose.device_id, self.visit, self.time.0);
        put(&mut call, "messageId", json!(message));
        self.events.push(Event { time: self.time, by_server, call });
    }
}

fn describe(product: &Product, whose: &Visitor<'_>) -> Value {
    json!({
        "product_id": product.id, "name": product.name, "category": product.category, "brand": product.brand,
        "price": product.price, "currency": "EUR", "quantity": 1, "country": whose.country,
    })
}

/// One of the names, by share; `None` when the shares leave room and chance falls there.
fn pick<'s>(shares: &'s BTreeMap<String, f64>, chance: &mut Rng) -> Option<&'s str> {
    let weights: Vec<f64> = shares.values().copied().collect();
    shares.keys().nth(place(&weights, chance)?).map(String::as_str)
}

fn place(weights: &[f64], chance: &mut Rng) -> Option<usize> {
    let mut rest = chance.f64();
    weights.iter().position(|weight| {
        rest -= weight;
        rest < 0.0
    })
}
