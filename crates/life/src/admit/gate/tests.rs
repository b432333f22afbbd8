//! Events through the gate: what is kept of them, whose they are, and why others are refused.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use vocabulary::{Class, Code, SourceId, Time, Value};

use super::*;

mod manner;
use crate::admit::catalogue::PropertyType;
use crate::admit::consent::Acts;
use crate::admit::identifier::Index;
use crate::admit::plan::Basis;
use crate::admit::source::{Audience, SourceKind};
use crate::arrive::{Dated, Fields, Scope, Signals};

const NOON: Time = Time(1_767_268_800_000_000);

struct Bench {
    gate: Gate,
    names: Vec<String>,
    source: Source,
    blinder: Blinder,
    seen: Seen,
}

impl Bench {
    fn new(kind: SourceKind) -> Self {
        let mut catalogue = Catalogue::shipped().unwrap();
        let mut names = vec![String::new()];
        catalogue.bind(|name| {
            names.push(name.to_owned());
            Code(u32::try_from(names.len() - 1).unwrap())
        });
        let law = Law::shipped(&catalogue).unwrap();
        let source = Source {
            id: SourceId(1),
            name: "shop".to_owned(),
            kind,
            audience: Audience::General,
            markets: vec!["EU".to_owned()],
            regimes: law.regimes_of(&["EU".to_owned()]),
            is_sensitive: false,
            asks: vocabulary::Manner::Choice,
            bases: BTreeMap::new(),
            keeps_unclassified: false,
            url_parameters: vec!["variant".to_owned()],
            filtered_events: vec!["Heartbeat".to_owned()],
            events_per_second_max: 0,
            is_test: true,
        };
        let gate = Gate::new(Arc::new(catalogue), Arc::new(law), Limits::default());
        Self { gate, names, source, blinder: Blinder::new([7; 32]), seen: Seen::default() }
    }

    fn purposes(&self, names: &[&str]) -> Purposes {
        names.iter().map(|name| self.gate.catalogue.purpose(name).unwrap()).collect()
    }

    fn judge(&mut self, raw: Raw<'_>, key: KeyKind, standing: Standing) -> Judged {
        match self.gate.identify(raw, &self.source, key, &self.blinder) {
            Ok(identified) => {
                self.gate.judge(identified, &self.source, standing, &self.blinder, &mut self.seen)
            }
            Err(judged) => judged,
        }
    }

    /// The kept fields as lines, `!` before those that are sealed as sensitive, `~` before other
    /// sealed ones.
    fn kept(&self, admitted: &Admitted) -> String {
        let text = |value: &Value| match value {
            Value::Flag(flag) => flag.to_string(),
            Value::Integer(integer) => integer.to_string(),
            Value::Number(number) => format!("{number:?}"),
            Value::Text(text) | Value::Json(text) => text.to_string(),
            Value::Time(time) => time.to_string(),
        };
        let name = |code: Code| &*self.names[code.0 as usize];
        let columns =
            admitted.columns().map(|(code, value)| format!("{}={}", name(code), text(value)));
        let sealed = admitted.sealed().map(|(class, code, value)| {
            let mark = if class == Class::Sensitive { "!" } else { "~" };
            format!("{mark}{}={}", name(code), text(value))
        });
        columns.chain(sealed).collect::<Vec<_>>().join(" ")
    }
}

fn raw(name: &'static str) -> Raw<'static> {
    Raw {
        kind: Kind::Event,
        name: Cow::Borrowed(name),
        message: None,
        user: None,
        device: Some(Cow::Borrowed("d1")),
        previous: None,
        session: None,
        time: NOON,
        dated: Dated::Told,
        received: NOON,
        sequence: 0,
        fields: Vec::new(),
        choices: Vec::new(),
        told: None,
        signals: Signals::default(),
        address: None,
    }
}

fn fields(scope: Scope, json: &str) -> Fields<'static> {
    Fields { scope, json: Cow::Owned(RawValue::from_string(json.to_owned()).unwrap()) }
}

fn admitted(judged: Judged) -> Admitted {
    match judged {
        Judged::Admitted(admitted) => *admitted,
        other => panic!("not admitted: {other:?}"),
    }
}

fn refusal(judged: Judged) -> Refusal {
    match judged {
        Judged::Refused { why, .. } => why,
        other => panic!("not refused: {other:?}"),
    }
}

fn invalid(judged: Judged) -> &'static str {
    match judged {
        Judged::Invalid(invalid) => invalid.code,
        other => panic!("not invalid: {other:?}"),
    }
}

fn yes(purposes: Purposes) -> Standing {
    Standing { yes: purposes, ..Standing::default() }
}

#[test]
fn fields_are_flattened_typed_scrubbed_and_sorted_out() {
    let mut bench = Bench::new(SourceKind::Site);
    let mut event = raw("Product Viewed");
    event.fields = vec![
        fields(
            Scope::Context,
            r#"{"page":{"url":"https://u:p@shop.example/a?variant=2&token=x","path":"/a"}}"#,
        ),
        fields(
            Scope::Properties,
            r#"{"price":"3.5","quantity":2,"currency":"EUR","email":"bob@example.com",
                "mystery":{"depth":[1]},"brand":7,"coupon":null,"label":"big","query":"shoes"}"#,
        ),
        fields(Scope::Context, r#"{"page":{"path":"/b/bob@example.com"}}"#),
        fields(Scope::Traits, r#"{"plan":"pro","name":"Bob"}"#),
    ];
    event.address = Some("203.0.113.9".parse().unwrap());
    let standing = yes(bench.purposes(&["analyse"]));
    let judged = bench.judge(event, KeyKind::Site, standing);
    let kept = bench.kept(&admitted(judged));
    assert_eq!(
        kept,
        "brand=7 context.page.path=/b/*** currency=EUR price=3.5 quantity=2 traits.plan=pro \
         ~context.ip=203.0.113.0 ~context.page.url=https://shop.example/a?variant=2 \
         ~label=big ~query=shoes"
    );
    let mystery = bench.seen.property("mystery.depth").unwrap();
    assert_eq!((mystery.count, mystery.kind, mystery.declared), (1, PropertyType::Json, false));
    assert_eq!(bench.seen.property("email"), None, "it came as it was declared");
}

#[test]
fn a_conflict_is_null_and_counted_and_the_last_value_stands() {
    let mut bench = Bench::new(SourceKind::Site);
    let mut event = raw("Order Completed");
    event.fields = vec![fields(
        Scope::Properties,
        r#"{"total":5,"quantity":1,"total":"much","quantity":2,"price":1,"price":null,"step":1.5}"#,
    )];
    let standing = yes(bench.purposes(&["measure"]));
    let judged = bench.judge(event, KeyKind::Site, standing);
    assert_eq!(bench.kept(&admitted(judged)), "quantity=2");
    assert_eq!(bench.seen.property("total").unwrap().conflicts, 1);
    assert_eq!(bench.seen.property("step").unwrap().conflicts, 1);
    assert_eq!(bench.seen.property("quantity"), None);
}

#[test]
fn what_nobody_declared_is_dropped_or_sealed_as_unclassified() {
    let mut bench = Bench::new(SourceKind::Site);
    let event = || Raw {
        fields: vec![fields(
            Scope::Properties,
            r#"{"mood":"good \"x\"","a":{"b":[1,2]},"bob@example.com":1}"#,
        )],
        ..raw("Opened")
    };
    let standing = yes(bench.purposes(&["analyse"]));
    let judged = bench.judge(event(), KeyKind::Site, standing);
    assert_eq!(bench.kept(&admitted(judged)), "");
    assert_eq!(bench.seen.property("bob@example.com"), None);
    assert_eq!(bench.seen.unnamed(), 1);
    bench.source.keeps_unclassified = true;
    let judged = bench.judge(event(), KeyKind::Site, standing);
    assert_eq!(
        bench.kept(&admitted(judged)),
        r#"!unclassified={"mood":"good \"x\"","a.b":[1,2],"bob@example.com":1}"#
    );
    let standing = yes(bench.purposes(&["measure"]));
    let judged = bench.judge(event(), KeyKind::Site, standing);
    assert_eq!(bench.kept(&admitted(judged)), "");
}

#[test]
fn direct_identifiers_are_sealed_for_those_who_need_them_only() {
    let mut bench = Bench::new(SourceKind::Server);
    let event = || Raw {
        user: Some("u1".into()),
        fields: vec![fields(
            Scope::Context,
            r#"{"traits":{"email":"b@example.com","phone":"+49 151 1","name":"Bob"}}"#,
        )],
        ..raw("Signed Up")
    };
    let standing = yes(bench.purposes(&["analyse", "market-mail"]));
    let judged = bench.judge(event(), KeyKind::Server, standing);
    assert_eq!(bench.kept(&admitted(judged)), "~traits.email=b@example.com ~traits.name=Bob");
    let standing = yes(bench.purposes(&["analyse"]));
    let judged = bench.judge(event(), KeyKind::Server, standing);
    assert_eq!(bench.kept(&admitted(judged)), "");
}

#[test]
fn a_withdrawal_between_judging_and_keeping_narrows_the_event() {
    let mut bench = Bench::new(SourceKind::Server);
    bench.source.bases.insert(Purpose::OPERATE, Basis::Contract);
    let event = Raw {
        kind: Kind::Identify,
        user: Some("u1".into()),
        fields: vec![fields(
            Scope::Properties,
            r#"{"email":"b@example.com","query":"shoes","total":5}"#,
        )],
        ..raw("Order Completed")
    };
    let standing = yes(bench.purposes(&["market-mail", "link-devices"]));
    let mut admitted = admitted(bench.judge(event, KeyKind::Server, standing));
    assert_eq!(bench.kept(&admitted), "total=5.0 ~email=b@example.com ~query=shoes");
    assert!(admitted.link().is_some());
    assert!(admitted.narrow(Purposes::ALL));
    assert_eq!(admitted.purposes(), Purposes::only(Purpose::OPERATE));
    assert!(admitted.link().is_none());
    assert_eq!(bench.kept(&admitted), "total=5.0 ~email=b@example.com ~query=shoes");
    let mut bench = Bench::new(SourceKind::Server);
    let event = Raw {
        fields: vec![fields(Scope::Properties, r#"{"email":"b@example.com","total":5}"#)],
        ..raw("Order Completed")
    };
    let standing = yes(bench.purposes(&["market-mail", "measure"]));
    let mut admitted = self::admitted(bench.judge(event, KeyKind::Server, standing));
    assert!(admitted.narrow(bench.purposes(&["market-mail"])));
    assert_eq!(bench.kept(&admitted), "total=5.0");
    assert!(!admitted.narrow(Purposes::ALL));
}

#[test]
fn an_address_is_kept_whole_only_to_keep_things_safe() {
    let mut bench = Bench::new(SourceKind::Site);
    let event = || Raw { address: Some("2001:db8:1:2::3".parse().unwrap()), ..raw("page") };
    let standing = yes(bench.purposes(&["measure"]));
    let judged = bench.judge(event(), KeyKind::Site, standing);
    assert_eq!(bench.kept(&admitted(judged)), "");
    bench.source.bases.insert(Purpose::SECURE, Basis::LegitimateInterest);
    let standing = yes(bench.purposes(&["analyse"]));
    let whole = admitted(bench.judge(event(), KeyKind::Site, standing));
    assert_eq!(bench.kept(&whole), "~context.ip=2001:db8:1:2::3");
    let category = bench.gate.catalogue.property("context.ip").unwrap().category;
    assert!(whole.plan().readable_for(Purpose::SECURE).has(category));
    assert!(!whole.plan().readable_for(Purpose::ANALYSE).has(category));
    bench.source.kind = SourceKind::Server;
    let judged = bench.judge(event(), KeyKind::Server, standing);
    assert_eq!(bench.kept(&admitted(judged)), "");
}

fn index(id: &str, subject: Subject) -> Index {
    Blinder::new([7; 32]).index(subject, id)
}

#[test]
fn the_key_decides_whose_an_event_is_and_linking_needs_its_purpose() {
    let mut bench = Bench::new(SourceKind::Site);
    let event = |kind| Raw { kind, user: Some("u1".into()), ..raw("identify") };
    let (user, device) = (index("u1", Subject::User), index("d1", Subject::Device));
    for (kind, purposes, links) in [
        (Kind::Identify, &["measure", "link-devices"][..], true),
        (Kind::Identify, &["measure"][..], false),
        (Kind::Event, &["measure", "link-devices"][..], false),
        (Kind::Group, &["measure", "link-devices"][..], false),
    ] {
        let standing = yes(bench.purposes(purposes));
        let site = admitted(bench.judge(event(kind), KeyKind::Site, standing));
        assert_eq!(site.whose().index, device);
        assert_eq!(site.link().map(|link| link.index), links.then_some(user));
        let server = admitted(bench.judge(event(kind), KeyKind::Server, standing));
        assert_eq!(server.whose().index, user);
        assert_eq!(server.link().map(|link| link.index), links.then_some(device));
    }
    let alias = Raw { previous: Some("d0".into()), ..event(Kind::Alias) };
    let standing = yes(bench.purposes(&["measure", "link-devices"]));
    let alias = admitted(bench.judge(alias, KeyKind::Server, standing));
    assert_eq!(alias.whose().index, user);
    assert_eq!(alias.link().unwrap().index, index("d0", Subject::Device));
}

#[test]
fn ids_that_name_nobody_never_link_and_alone_are_invalid() {
    let mut bench = Bench::new(SourceKind::Site);
    let standing = yes(bench.purposes(&["measure", "link-devices"]));
    for bad in ["null", "Undefined", "ANONYMOUS", "0", "000-000", "", " ", "[object Object]"] {
        let event = |user, device| Raw { kind: Kind::Identify, user, device, ..raw("identify") };
        let judged =
            bench.judge(event(Some(bad.into()), Some("d1".into())), KeyKind::Site, standing);
        assert!(admitted(judged).link().is_none(), "{bad}");
        let judged =
            bench.judge(event(Some("u1".into()), Some(bad.into())), KeyKind::Site, standing);
        let left = admitted(judged);
        assert_eq!(left.whose().index, index("u1", Subject::User));
        assert!(left.link().is_none());
        let judged =
            bench.judge(event(Some(bad.into()), Some(bad.into())), KeyKind::Site, standing);
        assert_eq!(invalid(judged), "identifier-missing", "{bad}");
    }
    let long = Raw { device: Some("d".repeat(257).into()), ..raw("page") };
    assert_eq!(invalid(bench.judge(long, KeyKind::Site, standing)), "identifier-too-long");
}

#[test]
fn names_that_name_a_person_are_invalid_and_filtered_ones_are_filtered() {
    let mut bench = Bench::new(SourceKind::Site);
    for (name, code) in [
        ("", "event-name-missing"),
        ("bob@example.com opened", "event-name-identifies"),
        ("4915112345678", "event-name-identifies"),
        ("reset 9f86d081884c7d659a2f", "event-name-identifies"),
    ] {
        assert_eq!(invalid(bench.judge(raw(name), KeyKind::Site, Standing::default())), code);
    }
    let long = Raw { name: "n".repeat(201).into(), ..raw("") };
    assert_eq!(
        invalid(bench.judge(long, KeyKind::Site, Standing::default())),
        "event-name-too-long"
    );
    let long = Raw { message: Some("m".repeat(101).into()), ..raw("page") };
    assert_eq!(
        invalid(bench.judge(long, KeyKind::Site, Standing::default())),
        "message-id-too-long"
    );
    let judged = bench.judge(raw("Heartbeat"), KeyKind::Site, Standing::default());
    assert!(matches!(judged, Judged::Filtered));
}

#[test]
fn a_site_key_narrows_for_anybody_and_widens_for_its_device_only() {
    let mut bench = Bench::new(SourceKind::Site);
    let choices =
        vec![("Analytics".into(), true), ("sell".into(), false), ("unheard of".into(), true)];
    let on_device = || Raw { choices: choices.clone(), ..raw("page") };
    let of_user = || Raw { device: None, user: Some("u1".into()), ..on_device() };
    let analytics = bench.purposes(&["measure", "analyse", "experiment"]);
    let sell = Purposes::only(Purpose::SELL);
    let site = admitted(bench.judge(on_device(), KeyKind::Site, Standing::default()));
    assert_eq!(site.act(), Some(Act { time: NOON, yes: analytics, no: sell }));
    assert_eq!(site.purposes(), analytics);
    let Judged::Refused { why, act, .. } =
        bench.judge(of_user(), KeyKind::Site, Standing::default())
    else {
        panic!("a yes for a user with a site key");
    };
    assert_eq!(
        (why, act),
        (Refusal::ConsentWithdrawn, Some(Act { time: NOON, yes: Purposes::NONE, no: sell }))
    );
    let server = admitted(bench.judge(of_user(), KeyKind::Server, Standing::default()));
    assert_eq!(server.purposes(), analytics);
}

#[test]
fn a_narrower_choice_beats_a_wider_one_of_the_same_event() {
    let mut bench = Bench::new(SourceKind::Site);
    let event =
        Raw { choices: vec![("measure".into(), false), ("Analytics".into(), true)], ..raw("page") };
    let kept = admitted(bench.judge(event, KeyKind::Site, Standing::default()));
    assert_eq!(kept.purposes(), bench.purposes(&["analyse", "experiment"]));
}

#[test]
fn the_signal_of_a_browser_beats_a_yes() {
    let mut bench = Bench::new(SourceKind::Site);
    let signals = Signals { global_privacy_control: true };
    let standing = yes(bench.purposes(&["sell", "advertise", "analyse"]));
    let kept = admitted(bench.judge(Raw { signals, ..raw("page") }, KeyKind::Site, standing));
    assert_eq!(kept.purposes(), bench.purposes(&["analyse"]));
    let standing = yes(bench.purposes(&["sell", "advertise"]));
    let judged = bench.judge(Raw { signals, ..raw("page") }, KeyKind::Site, standing);
    assert_eq!(refusal(judged), Refusal::SignalObjected);
}

#[test]
fn a_forgotten_person_is_refused_up_to_that_instant() {
    let mut bench = Bench::new(SourceKind::Site);
    let standing = Standing { forgotten: Some(NOON), ..yes(bench.purposes(&["analyse"])) };
    let event = || Raw { choices: vec![("sell".into(), false)], ..raw("page") };
    let Judged::Refused { why, act, .. } = bench.judge(event(), KeyKind::Site, standing) else {
        panic!("collected before the erasure");
    };
    assert_eq!((why, act), (Refusal::Forgotten, None));
    // A clock that runs ahead does not help.
    let ahead = Raw { time: Time(NOON.0 + 1), ..event() };
    assert_eq!(refusal(bench.judge(ahead, KeyKind::Site, standing)), Refusal::Forgotten);
    let later = Raw { time: Time(NOON.0 + 1), received: Time(NOON.0 + 1), ..event() };
    admitted(bench.judge(later, KeyKind::Site, standing));
}

#[test]
fn consent_lives_from_its_act_to_the_withdrawal() {
    let mut bench = Bench::new(SourceKind::Site);
    let mut acts = Acts::default();
    let at = |seconds: i64| Time(NOON.0 + seconds * 1_000_000);
    let event = |seconds| Raw { time: at(seconds), received: at(seconds), ..raw("page") };
    let judged = bench.judge(event(0), KeyKind::Site, acts.standing(at(0), at(0)));
    assert_eq!(refusal(judged), Refusal::ConsentAbsent);
    let choices = vec![("analyse".into(), true)];
    let judged =
        bench.judge(Raw { choices, ..event(1) }, KeyKind::Site, acts.standing(at(1), at(1)));
    assert!(acts.record(admitted(judged).act().unwrap(), 64));
    admitted(bench.judge(event(2), KeyKind::Site, acts.standing(at(2), at(2))));
    let choices = vec![("analyse".into(), false)];
    let judged =
        bench.judge(Raw { choices, ..event(3) }, KeyKind::Site, acts.standing(at(3), at(3)));
    let Judged::Refused { why: Refusal::ConsentWithdrawn, act: Some(act), .. } = judged else {
        panic!("kept after the withdrawal");
    };
    assert!(acts.record(act, 64));
    // An event from before the withdrawal that arrives after it is refused too.
    let late = Raw { time: at(2), received: at(4), ..raw("page") };
    let judged = bench.judge(late, KeyKind::Site, acts.standing(at(2), at(4)));
    assert_eq!(refusal(judged), Refusal::ConsentWithdrawn);
}

#[test]
fn limits_of_an_event_hold() {
    let mut bench = Bench::new(SourceKind::Site);
    bench.gate.limits.event_properties = 2;
    bench.gate.limits.names = 1;
    let standing = yes(bench.purposes(&["analyse"]));
    let event = |json: &str| Raw { fields: vec![fields(Scope::Properties, json)], ..raw("page") };
    let judged = bench.judge(event(r#"{"a":1,"b":2,"c":3}"#), KeyKind::Site, standing);
    assert_eq!(invalid(judged), "too-many-properties");
    assert_eq!(bench.seen.properties().count(), 1);
    assert_eq!(bench.seen.unnamed(), 1);
    bench.gate.limits.event_properties = 100;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
    admitted(bench.judge(event(&deep), KeyKind::Site, standing));
}

#[test]
fn plans_are_compiled_once_and_the_cache_has_an_end() {
    let bench = Bench::new(SourceKind::Site);
    let terms = bench.gate.terms(&bench.source, (Time(0), Time(0)));
    let key = |yes| terms.key((Purposes(yes), Purposes::NONE), false);
    let one = bench.gate.plan(key(8), terms);
    assert!(Arc::ptr_eq(&one, &bench.gate.plan(key(8), terms)));
    for yes in 0..Gate::PLANS_MAX as u64 + 10 {
        bench.gate.plan(key(yes), terms);
    }
    assert!(bench.gate.plans.read().unwrap().len() <= Gate::PLANS_MAX);
}

#[test]
fn nothing_personal_is_printed() {
    let mut bench = Bench::new(SourceKind::Server);
    let event = Raw {
        user: Some("bob-the-user".into()),
        fields: vec![fields(Scope::Properties, r#"{"brand":"secret-brand"}"#)],
        ..raw("Secret Event")
    };
    let standing = yes(bench.purposes(&["analyse"]));
    let identified =
        bench.gate.identify(event, &bench.source, KeyKind::Server, &bench.blinder).unwrap();
    let mut printed = format!("{identified:?}");
    let judged =
        bench.gate.judge(identified, &bench.source, standing, &bench.blinder, &mut bench.seen);
    printed += &format!("{judged:?}");
    printed += &format!("{:?}", admitted(judged).into_parts());
    for secret in ["bob", "secret", "Secret", "d1"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
