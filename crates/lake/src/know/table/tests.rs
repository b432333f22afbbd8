//! Questions over a region as the program holds one: its truth, its files, its fresh rows.

use std::sync::{Arc, Mutex, RwLock};

use life::admit::{AgeBand, Index, Subject, VerdictKey};
use life::keep::mask::VerdictMask;
use life::keep::names::Named;
use life::keep::{Record, Row, Truth};
use life::know::cohort::Did;
use life::know::{Answer, Cohort, CohortAnswer, Plan, Setting, Words};
use vocabulary::{Code, Leaf, Limits, Purpose, Purposes, SourceId, Time, VerdictId};

use super::Table;
use crate::keep::duplicates::Duplicates;
use crate::keep::fresh::Fresh;
use crate::keep::keeper::{Region, View};
use crate::keep::tests::Lake;
use crate::know::tests::grant;
use crate::know::{Asking, ask};

const RANG: &str = "rang";

fn leaf(ordinal: u64) -> Leaf {
    Leaf::new(vocabulary::Region(0), ordinal)
}

/// Somebody rang at this second.
fn rang(ordinal: u64, second: i64) -> Row {
    Row {
        time: Time(second * 1_000_000),
        received: Time(second * 1_000_000),
        sequence: 0,
        event: Code(1),
        leaf: leaf(ordinal),
        source: SourceId(1),
        verdict: VerdictId(0),
        purposes: Purposes::only(Purpose::MEASURE),
        session: 0,
        columns: Vec::new(),
        sealed: Vec::new(),
    }
}

/// A region where two devices rang; nothing is in files yet.
fn region(lake: &Lake) -> Region {
    let limits = Limits::default();
    let mut truth = Truth::new(vocabulary::Region(0), Purposes::NONE, limits.consent_acts);
    truth.name(Named::Event, RANG);
    let measure = Purposes::only(Purpose::MEASURE);
    truth.apply(&Record::Verdict {
        id: VerdictId(0),
        key: VerdictKey {
            source: SourceId(1),
            regimes: 0,
            age: AgeBand::Unknown,
            yes: measure,
            no: Purposes::NONE,
            global_privacy_control: false,
            version: 0,
        },
        mask: VerdictMask { purposes: measure, consented: measure },
    });
    for number in 1..=2 {
        truth.identity.enter(Index([number; 16]), leaf(number.into()), Subject::Device);
    }
    let fresh = Arc::new(Fresh::default());
    fresh.push([rang(1, 10), rang(2, 5), rang(1, 20)].iter());
    Region {
        truth: RwLock::new(truth),
        view: RwLock::new(View { files: Vec::new(), fresh: vec![(1, fresh)] }),
        duplicates: Mutex::new(Duplicates::open(&lake.place.root, &[]).unwrap()),
        limits,
    }
}

/// How many people rang at least so often.
fn people(table: &Table<'_>, at_least: u32) -> u64 {
    let cohort = Cohort {
        purpose: "measure".to_owned(),
        from: "1970-01-01".to_owned(),
        to: "1970-01-02".to_owned(),
        zone: None,
        all: vec![Did { event: Some(RANG.to_owned()), at_least, demands: Vec::new() }],
        none: Vec::new(),
    };
    let words = Words {
        purposes: [("measure".to_owned(), Purpose::MEASURE)].into(),
        properties: Default::default(),
    };
    let plan = table.region.truth(|truth| {
        let (names, limits) = (&truth.names, &table.region.limits);
        let setting = Setting { words: &words, names, zone: "UTC", week_start: "monday", limits };
        Plan::Cohort(cohort.resolve(setting).unwrap())
    });
    let mask = table.mask().clone();
    let asking = Asking {
        plan: &plan,
        mask: &mask,
        source: table,
        still: &|_| true,
        threads: 1,
        moved_rows_max: 10,
    };
    let grant = grant(Purpose::MEASURE, life::admit::Verb::Ask);
    match ask(&asking, &grant, Time(1)).unwrap().0 {
        Answer::Cohort(CohortAnswer { people }) => people,
        other => panic!("a cohort is answered by {other:?}"),
    }
}

/// A merge that comes after the snapshot is not in it, whenever its rows are first looked at.
#[test]
fn who_is_who_is_taken_together_with_the_mask() {
    let lake = Lake::new();
    let region = region(&lake);
    let table = || Table::new(&region, &lake.place, &lake.footers, Arc::default());
    let before = table();
    region.truth.write().unwrap().apply(&Record::Link { first: leaf(1), second: leaf(2) });
    assert_eq!([1, 2, 3].map(|least| people(&before, least)), [2, 1, 0]);
    assert_eq!([1, 2, 3].map(|least| people(&table(), least)), [1, 1, 1]);
}
