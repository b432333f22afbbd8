//! Random questions: what all kinds are made of.

use life::know::{About, Deed, Interval, People, Tested, Wanted, Where};
use proptest::prelude::*;
use proptest::sample::select;
use vocabulary::{Span, Time};

use super::{EVENTS, PROPERTIES, PURPOSES, START, STEP};

/// Everything that questions share.
pub(super) fn about() -> impl Strategy<Value = About> {
    let named = || prop::collection::vec(select(vec!["ringers", "knockers", "listed"]), 0..2);
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    let people = (named(), named())
        .prop_map(move |(within, not_in)| People { within: names(within), not_in: names(not_in) });
    let people = prop_oneof![3 => Just(None), 1 => people.prop_map(Some)];
    let per = prop_oneof![5 => Just(None), 1 => breakdown()];
    (purpose(), range(), zone(), people, per).prop_map(
        |(purpose, (from, to), zone, people, per)| About {
            purpose,
            from,
            to,
            zone,
            week_start: None,
            people,
            per,
        },
    )
}

pub(super) fn range() -> impl Strategy<Value = (String, String)> {
    let whole = Just((0i64, 160i64));
    let part = (0i64..160, 1i64..160).prop_map(|(from, more)| (from, from + more));
    prop_oneof![whole, part].prop_map(|(from, until)| {
        // A second behind the slot, so that edges do not only fall on slots.
        let time = |slot: i64| Time(START + slot * STEP).to_string();
        (time(from), (Time(START + until * STEP) + Span::SECOND).to_string())
    })
}

pub(super) fn event() -> impl Strategy<Value = Option<String>> {
    let names: Vec<String> = EVENTS.iter().map(|name| name.to_string()).collect();
    prop_oneof![1 => Just(None), 4 => select(names).prop_map(Some)]
}

pub(super) fn demand() -> impl Strategy<Value = Where> {
    let wanted = prop_oneof![
        Just(Wanted::Missing),
        Just(Wanted::Text("tone 1".to_owned())),
        Just(Wanted::Text("nowhere".to_owned())),
        Just(Wanted::Integer(1)),
        Just(Wanted::Number(0.5)),
        any::<bool>().prop_map(Wanted::Flag),
    ];
    let property = select(PROPERTIES.to_vec());
    let wanted = prop::collection::vec(wanted, 1..4);
    let test = prop_oneof![
        4 => wanted.clone().prop_map(Tested::Is),
        2 => wanted.prop_map(Tested::IsNot),
        1 => any::<bool>().prop_map(Tested::Set),
        1 => select(vec!["TONE", "1", "ru"]).prop_map(|part| Tested::Contains(part.to_owned())),
        1 => select(vec![-1.0, 0.5, 1.0]).prop_map(Tested::Above),
        1 => select(vec![0.5, 1.0, 9.0]).prop_map(Tested::Below),
    ];
    (property, test).prop_map(|(property, test)| Where { property: property.to_owned(), test })
}

/// Something that people do.
pub(super) fn deed() -> impl Strategy<Value = Deed> {
    (event(), demands()).prop_map(|(event, demands)| Deed { event, demands })
}

pub(super) fn demands() -> impl Strategy<Value = Vec<Where>> {
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(demand(), 1..3)]
}

pub(super) fn breakdown() -> impl Strategy<Value = Option<String>> {
    let properties: Vec<String> = PROPERTIES.iter().map(|name| name.to_string()).collect();
    prop_oneof![Just(None), select(properties).prop_map(Some)]
}

pub(super) fn purpose() -> impl Strategy<Value = String> {
    select(PURPOSES.to_vec()).prop_map(|(name, _)| name.to_owned())
}

pub(super) fn interval() -> impl Strategy<Value = Interval> {
    select(vec![Interval::Hour, Interval::Day, Interval::Week, Interval::Month])
}

pub(super) fn zone() -> impl Strategy<Value = Option<String>> {
    select(vec![None, Some("Europe/Berlin".to_owned()), Some("Asia/Kolkata".to_owned())])
}
