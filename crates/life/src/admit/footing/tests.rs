//! What purposes rest on: places that differ, law that changes, what waits, what is never done.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use vocabulary::{Manner, SourceId, Time};

use super::*;
use crate::admit::source::SourceKind;

fn catalogue() -> &'static Catalogue {
    static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::shipped().unwrap());
    &SHIPPED
}

fn shipped() -> Law {
    Law::shipped(catalogue()).unwrap()
}

fn confirmed(ids: &[&str]) -> Law {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    shipped().confirm(&ids).unwrap()
}

fn purpose(name: &str) -> Purpose {
    catalogue().purpose(name).unwrap()
}

/// A site in these markets that declares these bases.
fn site(law: &Law, markets: &[&str], bases: &[(&str, Basis)]) -> Source {
    let markets: Vec<String> = markets.iter().map(|market| (*market).to_owned()).collect();
    Source {
        id: SourceId(1),
        name: "shop".to_owned(),
        kind: SourceKind::Site,
        audience: Audience::General,
        regimes: law.regimes_of(&markets),
        markets,
        is_sensitive: false,
        asks: Manner::Choice,
        bases: bases.iter().map(|(name, basis)| (purpose(name), *basis)).collect(),
        keeps_unclassified: false,
        url_parameters: Vec::new(),
        filtered_events: Vec::new(),
        events_per_second_max: 0,
        is_test: true,
    }
}

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

const NOW: &str = "2026-11-24T12:00:00Z";

/// What a purpose rests on for an event of one instant, judged at another.
fn found(law: &Law, source: &Source, age: AgeBand, name: &str, when: (&str, &str)) -> Ground {
    let terms = Terms::at(catalogue(), law, source, (at(when.0), at(when.1)));
    Footing::find(terms, age).of(purpose(name)).clone()
}

fn basis(law: &Law, source: &Source, name: &str) -> Option<Basis> {
    found(law, source, AgeBand::Unknown, name, (NOW, NOW)).basis
}

#[test]
fn every_place_has_to_permit_for_itself() {
    let law = shipped();
    let sell = [("sell", Basis::OptOutRegime)];
    for (markets, expected) in [
        (&["US-CA"][..], Basis::OptOutRegime),
        (&["US"], Basis::Consent),
        (&["US-CA", "US-TX"], Basis::Consent),
        (&["US-CA", "DE"], Basis::Consent),
        (&["BR"], Basis::Consent),
        (&[], Basis::Consent),
    ] {
        let found = basis(&law, &site(&law, markets, &sell), "sell");
        assert_eq!(found, Some(expected), "{markets:?}");
    }
}

#[test]
fn an_outer_rule_holds_in_all_within_and_a_device_asks_for_consent() {
    let law = shipped();
    let interest = [("analyse", Basis::LegitimateInterest), ("operate", Basis::Contract)];
    let source = site(&law, &["FR"], &interest);
    let ground = found(&law, &source, AgeBand::Unknown, "analyse", (NOW, NOW));
    assert_eq!(ground.basis, Some(Basis::Consent));
    assert_eq!(ground.rules, ["eu-device-consent"]);
    assert_eq!(basis(&law, &source, "operate"), Some(Basis::Contract));
    let server = Source { kind: SourceKind::Server, ..source };
    assert_eq!(basis(&law, &server, "analyse"), Some(Basis::LegitimateInterest));
}

#[test]
fn a_permission_waits_until_it_is_confirmed() {
    let exempt = [("measure", Basis::ExemptMeasurement)];
    let (law, read) = (shipped(), confirmed(&["fr-measure-audience"]));
    assert_eq!(basis(&law, &site(&law, &["FR"], &exempt), "measure"), Some(Basis::Consent));
    let french = site(&read, &["FR"], &exempt);
    let ground = found(&read, &french, AgeBand::Unknown, "measure", (NOW, NOW));
    assert_eq!(ground.basis, Some(Basis::ExemptMeasurement));
    assert_eq!(ground.rules, ["fr-measure-audience"]);
    let both = site(&read, &["FR", "IT"], &exempt);
    assert_eq!(basis(&read, &both, "measure"), Some(Basis::Consent));
}

#[test]
fn a_late_event_satisfies_the_law_of_its_time_and_of_now() {
    let law = confirmed(&["gb-measure-audience"]);
    let source = site(&law, &["GB"], &[("measure", Basis::ExemptMeasurement)]);
    let (before, after) = ("2026-02-04T22:00:00Z", "2026-02-05T10:00:00Z");
    let of = |when| found(&law, &source, AgeBand::Unknown, "measure", when).basis;
    assert_eq!(of((after, after)), Some(Basis::ExemptMeasurement));
    assert_eq!(of((before, after)), Some(Basis::Consent));
    assert_eq!(of((before, before)), Some(Basis::Consent));
}

#[test]
fn the_young_are_asked_and_children_are_no_audience() {
    let law = shipped();
    let source = site(&law, &["US-CA"], &[("sell", Basis::OptOutRegime)]);
    let of = |age| found(&law, &source, age, "sell", (NOW, NOW));
    assert_eq!(of(AgeBand::SixteenToSeventeen).basis, Some(Basis::OptOutRegime));
    assert_eq!(of(AgeBand::Fifteen).basis, Some(Basis::Consent));
    let child = of(AgeBand::Under13);
    assert_eq!(child.basis, None);
    assert!(child.rules.contains(&"never-child-audience".to_owned()), "{:?}", child.rules);
    let mixed = Source { audience: Audience::Mixed, ..source.clone() };
    assert_eq!(found(&law, &mixed, AgeBand::Unknown, "sell", (NOW, NOW)).basis, None);
}

#[test]
fn a_sensitive_catalogue_sells_nothing_and_asks_for_the_rest() {
    let law = shipped();
    let bases = [("sell", Basis::OptOutRegime), ("operate", Basis::Contract)];
    let source = Source { is_sensitive: true, ..site(&law, &["US-CA"], &bases) };
    let sell = found(&law, &source, AgeBand::Adult, "sell", (NOW, NOW));
    assert_eq!(sell.basis, None);
    assert!(sell.rules.contains(&"sensitive-catalogue-closed".to_owned()), "{:?}", sell.rules);
    assert_eq!(basis(&law, &source, "analyse"), Some(Basis::ExplicitConsent));
    assert_eq!(basis(&law, &source, "locate"), Some(Basis::ExplicitConsent));
    assert_eq!(basis(&law, &source, "operate"), Some(Basis::Contract));
}

/// The categories that a purpose may not see, of those with this front.
fn dropped(ground: &Ground, front: &str) -> Vec<&'static str> {
    let declared = catalogue().categories().iter();
    declared
        .filter(|one| one.key.starts_with(front) && ground.dropped.has(one.category))
        .map(|one| one.key.as_str())
        .collect()
}

#[test]
fn what_is_never_sold_is_not_kept_for_selling() {
    let law = shipped();
    let source = site(&law, &["US-CA"], &[("sell", Basis::OptOutRegime)]);
    let ground = found(&law, &source, AgeBand::Adult, "sell", (NOW, NOW));
    assert_eq!(dropped(&ground, "user.location"), ["user.location.precise"]);
    assert_eq!(dropped(&ground, "user.behavior.replay"), ["user.behavior.replay"]);
    assert_eq!(dropped(&ground, "user.financial"), ["user.financial.hardship"]);
    let measure = found(&law, &source, AgeBand::Adult, "measure", (NOW, NOW));
    assert_eq!(measure.dropped, Categories::NONE);
}

#[test]
fn in_the_union_special_categories_need_explicit_consent() {
    let law = shipped();
    let source = site(&law, &["DE"], &[]);
    let help = found(&law, &source, AgeBand::Adult, "help", (NOW, NOW));
    assert!(dropped(&help, "user.health_and_medical").contains(&"user.health_and_medical"));
    let inferring = found(&law, &source, AgeBand::Adult, "infer-sensitive", (NOW, NOW));
    assert_eq!(inferring.basis, Some(Basis::ExplicitConsent));
    assert_eq!(dropped(&inferring, "user.health_and_medical"), Vec::<&str>::new());
}

#[test]
fn political_data_of_another_party_is_never_kept_where_it_may_be_bought() {
    let law = shipped();
    let politics = "user.demographic.political_opinion";
    let of = |kind| {
        let source = Source { kind, ..site(&law, &["US-CA"], &[]) };
        found(&law, &source, AgeBand::Adult, "support", (NOW, NOW))
    };
    assert_eq!(dropped(&of(SourceKind::Feed), politics), [politics], "a feed's origin is unknown");
    assert_eq!(dropped(&of(SourceKind::Server), politics), Vec::<&str>::new());
}

#[test]
fn a_rule_can_take_the_fine_form_away() {
    let regimes = include_str!("../../../../../law/regimes.toml");
    let rule = |effect: &str| {
        format!(
            r#"
            [[rule]]
            id = "fr-coarse"
            regime = "fr"
            law = "Law"
            cite = "Art. 1"
            words = "It says so."
            verified = true
            from = "2020-01-01"
            known = "2020-01-01"
            when = {{ purpose = {{ is = "measure" }} }}
            effect = {{ {effect} = ["user.device"] }}
            sources = ["a source"]
            case = []
            "#
        )
    };
    for (effect, is_reduced) in [("reduce", true), ("drop", false)] {
        let files = [("regimes.toml", regimes), ("test.toml", &rule(effect))];
        let law = Law::parse(&files, catalogue()).unwrap();
        let source = site(&law, &["FR"], &[]);
        let ground = found(&law, &source, AgeBand::Adult, "measure", (NOW, NOW));
        let device = catalogue().categories().iter().find(|one| one.key == "user.device").unwrap();
        assert_eq!(ground.reduced.has(device.category), is_reduced);
        assert_eq!(ground.dropped.has(device.category), !is_reduced);
        let other = found(&law, &source, AgeBand::Adult, "analyse", (NOW, NOW));
        assert_eq!((other.reduced, other.dropped), (Categories::NONE, Categories::NONE));
    }
}

#[test]
fn what_is_undeclared_is_closed() {
    let (law, empty) = (shipped(), BTreeMap::new());
    let source = Source { bases: empty, ..site(&law, &["FR"], &[]) };
    let terms = Terms::at(catalogue(), &law, &source, (at(NOW), at(NOW)));
    let footing = Footing::find(terms, AgeBand::Adult);
    assert_eq!(footing.of(Purpose::new(63).unwrap()).basis, None);
    assert_eq!(basis(&law, &source, "duty"), None, "a legal duty has to be declared");
}

/// Questions read by the catalogue alone, so a rule may not bar what the catalogue lets a purpose
/// read whole: where this fails, reading has to learn the rule first.
#[test]
fn no_shipped_rule_bars_what_the_catalogue_lets_an_open_purpose_read() {
    let law = shipped();
    let markets = [&["US-CA"][..], &["DE"], &["FR"], &["GB"], &["BR"], &["US"], &[]];
    for (markets, kind) in markets.iter().flat_map(|market| {
        [SourceKind::Site, SourceKind::Server, SourceKind::Feed].map(|kind| (*market, kind))
    }) {
        let source = Source { kind, ..site(&law, markets, &[]) };
        let terms = Terms::at(catalogue(), &law, &source, (at(NOW), at(NOW)));
        for age in [AgeBand::Under13, AgeBand::Fifteen, AgeBand::Adult] {
            let footing = Footing::find(terms, age);
            for declared in catalogue().purposes() {
                let ground = footing.of(declared.purpose);
                let whole = catalogue().readable_for(declared.purpose).0;
                let barred = (ground.dropped.0 | ground.reduced.0) & whole;
                let name = &declared.name;
                assert!(ground.basis.is_none() || barred == 0, "{markets:?} {age:?} {name}");
            }
        }
    }
}
