//! What a question needs before it is answered, and what stops it.

use std::sync::atomic::{AtomicUsize, Ordering};

use life::admit::{Actor, Authority, Catalogue, Grant, Verb};
use life::know::cohort::Did;
use life::know::{About, Cohort, Plan, Question as _, Tested, Wanted, Where};
use vocabulary::{Categories, Purpose, Purposes, Time};

use super::{Fact, LEAVES, Pond, START, STEP, World, asking, grant};
use crate::know::{AskError, Asking, MemoryRun, Run, Scan, Source, Watch, ask, members};

/// Three rows of two people.
pub(super) fn few() -> (Pond, Plan) {
    let fact = |leaf, slot| Fact {
        leaf,
        slot,
        sequence: 0,
        event: 0,
        purposes: 63,
        verdict: 0,
        tone: 1,
        size: None,
        arrival: 0,
    };
    let pond = Pond {
        facts: vec![fact(1, 3), fact(2, 1), fact(2, 2)],
        persons: vec![(1..=LEAVES).collect()],
        runs: vec![(3, 0, true)],
        compacted: 0,
        chunk_rows: 1,
        verdicts: vec![(63, 0, 0)],
        pauses: Vec::new(),
        cuts: Vec::new(),
        hidden: Vec::new(),
    };
    let cohort = Cohort {
        about: About {
            purpose: "measure".to_owned(),
            from: Time(START).to_string(),
            to: Time(START + 160 * STEP).to_string(),
            ..About::default()
        },
        all: vec![Did {
            event: None,
            at_least: 1,
            at_most: None,
            demands: vec![Where {
                property: "tone".to_owned(),
                test: Tested::Is(vec![Wanted::Text("tone 1".to_owned())]),
            }],
        }],
        none: Vec::new(),
    };
    (pond, Plan::Cohort(cohort.resolve(World::new().setting()).unwrap()))
}

#[test]
fn a_question_needs_a_grant_of_its_purpose_its_verb_its_categories_and_its_time() {
    let (pond, plan) = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    let code =
        |grant: &Grant, now| ask(&asking, &plan, grant, Time(now)).map_err(|e| e.code()).err();
    // Who is behind a number is shown to whoever may read, and to nobody else.
    let behind =
        |grant: &Grant| members(&asking, &plan, grant, Time(1)).map_err(|e| e.code()).err();
    assert_eq!(behind(&grant(Purpose::MEASURE, Verb::Read)), None);
    assert_eq!(behind(&grant(Purpose::MEASURE, Verb::Ask)), Some("grant-other-verb"));
    assert_eq!(code(&grant(Purpose::MEASURE, Verb::Ask), 9), None);
    assert_eq!(code(&grant(Purpose::MEASURE, Verb::Ask), 10), Some("grant-expired"));
    assert_eq!(code(&grant(Purpose::MEASURE, Verb::Read), 1), Some("grant-other-verb"));
    assert_eq!(code(&grant(Purpose::ANALYSE, Verb::Ask), 1), Some("grant-other-purpose"));
    let authority = Authority {
        actor: Actor("tester".to_owned()),
        purposes: Purposes::ALL,
        verbs: vec![Verb::Ask],
        categories: Categories::NONE,
        until: Time(10),
    };
    let catalogue = Catalogue::shipped().unwrap();
    let narrow =
        Grant::issue(&catalogue, &authority, Purpose::MEASURE, Verb::Ask, Time(0)).unwrap();
    assert_eq!(code(&narrow, 1), Some("grant-other-category"));
}

#[test]
fn a_question_stops_when_the_mask_narrows() {
    let (pond, plan) = few();
    let mask = pond.mask();
    let looks = AtomicUsize::new(0);
    let still = |epoch| epoch == 7 && looks.fetch_add(1, Ordering::Relaxed) < 2;
    let watch = Watch::default();
    let asking = Asking { still: &still, ..asking(&mask, &pond, &watch, 2) };
    let error = ask(&asking, &plan, &grant(Purpose::MEASURE, Verb::Ask), Time(1)).unwrap_err();
    assert_eq!(error.code(), "mask-narrowed");
}

#[test]
fn a_question_tells_how_far_it_is_and_ends_when_nobody_wants_it() {
    let (pond, plan) = few();
    let (mask, watch) = (pond.mask(), Watch::default());
    let asking = asking(&mask, &pond, &watch, 1);
    let grant = grant(Purpose::MEASURE, Verb::Ask);
    assert_eq!((watch.percent(), watch.rows()), (0, 0));
    ask(&asking, &plan, &grant, Time(1)).unwrap();
    assert_eq!((watch.percent(), watch.rows()), (100, 3));
    watch.cancel();
    let error = ask(&asking, &plan, &grant, Time(1)).unwrap_err();
    assert_eq!(error.code(), "query-cancelled");
}

#[test]
fn moved_rows_have_a_limit() {
    let (mut pond, plan) = few();
    pond.persons.push((1..=LEAVES).map(|own| if own == 2 { 1 } else { own }).collect());
    let mask = pond.mask();
    let watch = Watch::default();
    let asking = asking(&mask, &pond, &watch, 1);
    let grant = grant(Purpose::MEASURE, Verb::Ask);
    assert!(ask(&Asking { moved_rows_max: 3, ..asking }, &plan, &grant, Time(1)).is_ok());
    let error = ask(&Asking { moved_rows_max: 2, ..asking }, &plan, &grant, Time(1)).unwrap_err();
    assert_eq!(error.code(), "too-many-moved-rows");
}

#[test]
fn a_run_out_of_order_is_noticed() {
    let (pond, plan) = few();
    struct Wrong(Pond);
    impl Source for Wrong {
        fn runs(&self, bucket: u16, scan: &Scan) -> Result<Vec<Box<dyn Run + '_>>, AskError> {
            let one = |own| self.0.facts.iter().filter(move |fact| fact.leaf == own);
            let facts: Vec<_> = one(2).chain(one(1)).map(|fact| (fact, true)).collect();
            let chunks: Vec<_> =
                facts.chunks(1).map(|facts| self.0.chunk(0, facts, scan)).collect();
            let span = (Time(START), Time(START + 160 * STEP));
            let run = MemoryRun::new(chunks.into_iter(), span, 0);
            Ok(if bucket == 0 { vec![Box::new(run)] } else { Vec::new() })
        }

        fn rows(&self, _: &Scan) -> u64 {
            3
        }
    }
    let (mask, wrong, watch) = (pond.mask(), Wrong(pond.clone()), Watch::default());
    let asking = Asking { source: &wrong, ..asking(&mask, &pond, &watch, 1) };
    let error = ask(&asking, &plan, &grant(Purpose::MEASURE, Verb::Ask), Time(1)).unwrap_err();
    assert_eq!(error.code(), "run-unordered");
}
