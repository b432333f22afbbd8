//! Plans by brute force: each combination of answer, signal and basis, and the laws that hold for
//! all.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::admit::source::SourceKind;

const BASES: [Basis; 9] = [
    Basis::Consent,
    Basis::ExplicitConsent,
    Basis::Contract,
    Basis::LegalDuty,
    Basis::Vital,
    Basis::PublicTask,
    Basis::LegitimateInterest,
    Basis::ExemptMeasurement,
    Basis::OptOutRegime,
];
const KINDS: [SourceKind; 5] =
    [SourceKind::Site, SourceKind::App, SourceKind::Server, SourceKind::Mailer, SourceKind::Feed];
const AUDIENCES: [Audience; 3] = [Audience::General, Audience::Mixed, Audience::Child];

fn source(kind: SourceKind, audience: Audience) -> Source {
    Source {
        id: SourceId(1),
        name: "shop".to_owned(),
        kind,
        audience,
        markets: vec!["FR".to_owned()],
        regimes: law().regimes_of(&["FR".to_owned()]),
        is_sensitive: false,
        asks: vocabulary::Manner::Choice,
        bases: BTreeMap::new(),
        keeps_unclassified: false,
        url_parameters: Vec::new(),
        filtered_events: Vec::new(),
        events_per_second_max: 0,
        is_test: true,
    }
}

fn catalogue() -> &'static Catalogue {
    static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::shipped().unwrap());
    &SHIPPED
}

/// The shipped law, with the permissions confirmed that wait for it.
fn law() -> &'static Law {
    static SHIPPED: LazyLock<Law> = LazyLock::new(|| {
        let law = Law::shipped(catalogue()).unwrap();
        let waiting: Vec<String> = law.rules().map(|rule| rule.id.clone()).collect();
        law.confirm(&waiting).unwrap()
    });
    &SHIPPED
}

/// 2026-11-24, noon.
const NOW: Time = Time(1_795_521_600_000_000);

fn terms<'a>(catalogue: &'a Catalogue, source: &'a Source) -> Terms<'a> {
    Terms::at(catalogue, law(), source, (NOW, NOW))
}

fn open(
    catalogue: &Catalogue,
    source: &Source,
    yes: Purposes,
    no: Purposes,
    signal: bool,
) -> AdmissionPlan {
    let terms = terms(catalogue, source);
    let key = terms.key((yes, no), signal);
    compile(terms, &Footing::find(terms, key.age), key)
}

/// Whether one purpose is open, said again in other words than the compiler's.
fn model(
    declared: &DeclaredPurpose,
    kind: SourceKind,
    basis: Option<Basis>,
    said: (bool, bool),
    signal: bool,
) -> bool {
    let (yes, no) = said;
    let device = declared.on_device && matches!(kind, SourceKind::Site | SourceKind::App);
    let consented = yes && !no;
    if signal && declared.closed_by_signal {
        return false;
    }
    let takes_consent = declared.bases.contains(&Basis::Consent)
        || declared.bases.contains(&Basis::ExplicitConsent);
    match basis {
        Some(basis) if !declared.may_rest_on(basis) => false,
        Some(Basis::ExemptMeasurement) => !no,
        Some(Basis::Contract | Basis::LegalDuty | Basis::Vital) if !device => true,
        Some(Basis::LegitimateInterest | Basis::PublicTask) if !device => !no,
        _ => takes_consent && consented,
    }
}

#[test]
fn each_purpose_is_open_exactly_when_its_one_basis_says_so() {
    let catalogue = catalogue();
    for declared in catalogue.purposes() {
        for kind in KINDS {
            for basis in BASES.map(Some).into_iter().chain([None]) {
                let mut source = source(kind, Audience::General);
                source.bases.extend(basis.map(|basis| (declared.purpose, basis)));
                for bits in 0..8 {
                    let (yes, no, signal) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
                    let only =
                        |said| if said { Purposes::only(declared.purpose) } else { Purposes::NONE };
                    let plan = open(catalogue, &source, only(yes), only(no), signal);
                    assert_eq!(
                        plan.purposes.has(declared.purpose),
                        model(declared, kind, basis, (yes, no), signal),
                        "{} on {kind:?} by {basis:?}, yes {yes}, no {no}, signal {signal}",
                        declared.name
                    );
                }
            }
        }
    }
}

/// What a source may declare, whether or not it would pass `Source::check`.
fn sources() -> impl Strategy<Value = Source> {
    let bases = prop::collection::btree_map(0u8..27, 0usize..BASES.len(), 0..12);
    let market = prop::sample::select(vec!["FR", "DE", "EU", "US"]);
    (0usize..KINDS.len(), 0usize..AUDIENCES.len(), bases, prop::collection::vec(market, 0..3))
        .prop_map(|(kind, audience, bases, markets)| {
            let mut source = source(KINDS[kind], AUDIENCES[audience]);
            source.markets = markets.into_iter().map(str::to_owned).collect();
            source.regimes = law().regimes_of(&source.markets);
            source.bases = bases
                .into_iter()
                .map(|(purpose, basis)| (Purpose::new(purpose).unwrap(), BASES[basis]))
                .collect();
            source
        })
}

proptest! {
    #[test]
    fn a_more_protective_signal_never_widens(
        source in sources(), yes: u64, no: u64, more: u64, signal: bool, fewer_markets in 0usize..3
    ) {
        let catalogue = catalogue();
        let (yes, no, more) = (Purposes(yes), Purposes(no), Purposes(more));
        let wide = open(catalogue, &source, yes, no, signal);
        let within = |plan: AdmissionPlan| plan.purposes.without(wide.purposes).is_empty();
        prop_assert!(within(open(catalogue, &source, yes, no | more, signal)));
        prop_assert!(within(open(catalogue, &source, yes.without(more), no, signal)));
        prop_assert!(within(open(catalogue, &source, yes, no, true)));
        let mut other = source.clone();
        other.audience = Audience::Mixed;
        if source.audience == Audience::General {
            prop_assert!(within(open(catalogue, &other, yes, no, signal)));
        }
        other = source.clone();
        other.markets.truncate(fewer_markets);
        other.markets.push("EU".to_owned());
        other.regimes = vocabulary::Regimes(
            law().regimes_of(&other.markets).0 | law().regimes_of(&source.markets).0,
        );
        prop_assert!(within(open(catalogue, &other, yes, no, signal)));
        let terms = terms(catalogue, &source);
        let of_age = |age| {
            let key = VerdictKey { age, ..terms.key((yes, no), signal) };
            compile(terms, &Footing::find(terms, age), key)
        };
        prop_assert!(wide.purposes.without(of_age(AgeBand::Adult).purposes).is_empty());
        prop_assert!(within(of_age(AgeBand::Under13)));
    }

    #[test]
    fn an_unknown_is_a_no_for_what_needs_consent(
        source in sources(), yes: u64, no: u64, signal: bool
    ) {
        let catalogue = catalogue();
        let plan = open(catalogue, &source, Purposes(yes), Purposes(no), signal);
        prop_assert!(plan.consented.without(Purposes(yes)).is_empty());
        prop_assert!((plan.consented & Purposes(no)).is_empty());
        for purpose in plan.purposes.iter() {
            let basis = plan.basis(purpose).unwrap();
            prop_assert_eq!(basis.needs_consent(), plan.consented.has(purpose));
        }
    }

    #[test]
    fn nothing_is_kept_or_read_without_an_open_purpose(source in sources(), yes: u64, no: u64) {
        let catalogue = catalogue();
        let plan = open(catalogue, &source, Purposes(yes), Purposes(no), false);
        for declared in catalogue.categories() {
            let action = plan.action(declared.category);
            let may_stay = plan.readers_of(declared.category);
            prop_assert!(may_stay.without(plan.purposes).is_empty());
            prop_assert!(may_stay.without(declared.kept_for | declared.coarse_for).is_empty());
            prop_assert_eq!(may_stay.is_empty(), action == Action::Drop, "{}", &declared.key);
            for purpose in Purposes::ALL.iter() {
                let reads = plan.readable_for(purpose).has(declared.category);
                prop_assert_eq!(reads, may_stay.has(purpose));
            }
        }
    }

    #[test]
    fn the_reason_of_a_refusal_is_true(source in sources(), yes: u64, no: u64, signal: bool) {
        let catalogue = catalogue();
        let (yes, no) = (Purposes(yes & no), Purposes(no));
        let plan = open(catalogue, &source, yes, no, signal);
        if plan.purposes.is_empty() {
            let terms = terms(catalogue, &source);
            match refusal(terms, &Footing::find(terms, plan.key.age), &plan) {
                Refusal::AgeUnknown => prop_assert_ne!(source.audience, Audience::General),
                Refusal::ConsentWithdrawn => prop_assert!(!no.is_empty()),
                Refusal::SignalObjected => prop_assert!(signal),
                Refusal::ConsentAbsent => {
                    let agreed = open(catalogue, &source, Purposes::ALL, Purposes::NONE, false);
                    prop_assert!(!agreed.purposes.is_empty());
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn a_reason_says_open_of_what_is_open(
        source in sources(), yes: u64, no: u64, signal: bool
    ) {
        let catalogue = catalogue();
        let plan = open(catalogue, &source, Purposes(yes), Purposes(no), signal);
        let terms = terms(catalogue, &source);
        let footing = Footing::find(terms, plan.key.age);
        for declared in catalogue.purposes() {
            let purpose = declared.purpose;
            let why = reason(terms, &footing, &plan, purpose);
            prop_assert_eq!(matches!(why, Reason::Open(_)), plan.purposes.has(purpose));
            match why {
                Reason::Open(basis) => prop_assert_eq!(plan.basis(purpose), Some(basis)),
                Reason::SaidNo => prop_assert!(plan.key.no.has(purpose)),
                Reason::NeedsYes(_) => prop_assert!(!plan.key.yes.has(purpose)),
                Reason::Signal => prop_assert!(signal),
                Reason::Young => prop_assert_ne!(source.audience, Audience::General),
                Reason::NoBasis | Reason::Law => prop_assert_eq!(plan.basis(purpose), None),
            }
        }
    }
}

fn why_not(catalogue: &Catalogue, source: &Source, plan: &AdmissionPlan) -> Refusal {
    let terms = terms(catalogue, source);
    refusal(terms, &Footing::find(terms, plan.key.age), plan)
}

fn why(source: &Source, yes: Purposes, no: Purposes, signal: bool) -> Refusal {
    let catalogue = catalogue();
    let plan = open(catalogue, source, yes, no, signal);
    assert!(plan.purposes.is_empty());
    why_not(catalogue, source, &plan)
}

#[test]
fn refusals_come_in_their_order() {
    let site = source(SourceKind::Site, Audience::General);
    let sell = Purposes::only(Purpose::SELL);
    let duty = Purposes::only(Purpose::DUTY);
    assert_eq!(why(&site, Purposes::NONE, Purposes::NONE, false), Refusal::ConsentAbsent);
    assert_eq!(why(&site, Purposes::NONE, Purposes::NONE, true), Refusal::ConsentAbsent);
    assert_eq!(why(&site, sell, sell, true), Refusal::ConsentWithdrawn);
    assert_eq!(why(&site, sell, Purposes::NONE, true), Refusal::SignalObjected);
    assert_eq!(why(&site, duty, Purposes::NONE, false), Refusal::ConsentAbsent);
    let child = source(SourceKind::Site, Audience::Child);
    assert_eq!(why(&child, Purposes::NONE, sell, true), Refusal::AgeUnknown);
    let empty = Catalogue::parse(&[(
        "purposes.toml",
        "[[purpose]]
        number = 2
        name = 'duty'
        title = 'Duty'
        description = ''
        key = 'essential.legal_obligation'
        bases = ['legal-duty']",
    )])
    .unwrap();
    let plan = open(&empty, &site, duty, Purposes::NONE, false);
    assert_eq!(why_not(&empty, &site, &plan), Refusal::PurposeClosed);
}

#[test]
fn a_source_that_declares_what_a_purpose_forbids_is_refused() {
    let catalogue = catalogue();
    let mut site = source(SourceKind::Site, Audience::General);
    assert_eq!(site.check(catalogue), Ok(()));
    site.bases.insert(Purpose::SELL, Basis::LegitimateInterest);
    assert_eq!(
        site.check(catalogue).unwrap_err().to_string(),
        "source `shop`: basis `legitimate-interest` cannot open purpose `sell`: \
         use one of consent, opt-out-regime"
    );
    site.bases = BTreeMap::from([(Purpose::new(60).unwrap(), Basis::Consent)]);
    assert_eq!(
        site.check(catalogue).unwrap_err().to_string(),
        "source `shop`: there is no purpose number 60: correct the declaration"
    );
}

#[test]
fn a_changed_declaration_makes_other_verdicts() {
    let site = source(SourceKind::Site, Audience::General);
    let mut other = site.clone();
    other.bases.insert(Purpose::MEASURE, Basis::ExemptMeasurement);
    let mut market = site.clone();
    market.markets.push("DE".to_owned());
    let version = |source: &Source, catalogue, law, edition| {
        source.version(catalogue, law, [(edition, edition), (edition, edition)])
    };
    let first = version(&site, 1, 1, 1);
    assert_ne!(first, version(&other, 1, 1, 1));
    assert_ne!(first, version(&market, 1, 1, 1));
    assert_ne!(first, version(&site, 2, 1, 1));
    assert_ne!(first, version(&site, 1, 2, 1));
    assert_ne!(first, version(&site, 1, 1, 2));
    assert_eq!(first, version(&site.clone(), 1, 1, 1));
    let sensitive = Source { is_sensitive: true, ..site };
    assert_ne!(first, version(&sensitive, 1, 1, 1));
}

#[test]
fn a_verdict_keeps_all_its_regimes_and_older_ones_are_read_as_they_were_written() {
    let source = source(SourceKind::Site, Audience::General);
    let known = terms(catalogue(), &source).key((Purposes::NONE, Purposes::NONE), false);
    for regimes in [0, 1, 1 << 64, 1 << 127, u128::MAX] {
        let key = VerdictKey { regimes: Regimes(regimes), ..known };
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<VerdictKey>(&json).unwrap(), key, "{json}");
        let bytes = postcard::to_allocvec(&key).unwrap();
        assert_eq!(postcard::from_bytes::<VerdictKey>(&bytes).unwrap(), key);
    }
    // Regimes were a number of sixteen bits, always zero.
    let older = postcard::to_allocvec(&0u16).unwrap();
    assert_eq!(postcard::from_bytes::<Regimes>(&older).unwrap(), Regimes::NONE);
}
