//! Questions over a region as the program holds one: its truth, its files, its fresh rows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};

use life::admit::catalogue::PropertyType;
use life::admit::{AgeBand, Index, Subject, Verb, VerdictKey};
use life::keep::mask::Masked;
use life::keep::names::Named;
use life::keep::{Record, Row, Truth};
use life::know::cohort::Did;
use life::know::funnel::Order;
use life::know::measure::Counted;
use life::know::trend::Series;
use life::know::words::Word;
use life::know::{
    About, Answer, Cohort, CohortAnswer, Deed, Faults, Funnel, Interval, PersonRow, Plan,
    Question as _, Setting, Tested, Trend, Wanted, Where, Words,
};
use proptest::prelude::*;
use vocabulary::{
    Category, Class, Code, Leaf, Limits, Person, Purpose, Purposes, SourceId, Time, Value,
    VerdictId,
};

use super::Table;
use crate::keep::duplicates::Duplicates;
use crate::keep::fresh::Fresh;
use crate::keep::keeper::{Region, View};
use crate::keep::tests::Lake;
use crate::know::tests::grant;
use crate::know::{Asking, Watch, ask};

const RANG: &str = "rang";
const REMARK: Code = Code(9);
const PEOPLE: u64 = 6;

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
        key: Box::new(VerdictKey {
            source: SourceId(1),
            regimes: vocabulary::Regimes::NONE,
            age: AgeBand::Unknown,
            yes: measure,
            no: Purposes::NONE,
            global_privacy_control: false,
            version: 0,
        }),
        purposes: measure,
        ending: measure,
    });
    for number in 1..=PEOPLE {
        let index = Index([number as u8; 16]);
        truth.identity.enter(index, leaf(number), Subject::Device);
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

/// The first day of 1970, for `measure`.
fn about() -> About {
    About {
        purpose: "measure".to_owned(),
        from: "1970-01-01".to_owned(),
        to: "1970-01-02".to_owned(),
        ..About::default()
    }
}

/// How many people rang at least so often.
fn people(table: &Table<'_>, at_least: u32) -> u64 {
    let all =
        vec![Did { event: Some(RANG.to_owned()), at_least, at_most: None, demands: Vec::new() }];
    let cohort = Cohort { about: about(), all, none: Vec::new() };
    let plan = resolve(table, |setting| cohort.resolve(setting).map(Plan::Cohort));
    match answer(table, &plan) {
        Answer::Cohort(CohortAnswer { people }) => people,
        other => panic!("a cohort is answered by {other:?}"),
    }
}

/// A plan against the words of the tests: a purpose, and a property that lies sealed.
fn resolve(table: &Table<'_>, resolve: impl FnOnce(Setting<'_>) -> Result<Plan, Faults>) -> Plan {
    let category = Category::new(1).unwrap();
    let remark = Word {
        code: REMARK,
        category,
        sealed: Some(Class::General),
        is_page: false,
        kind: PropertyType::Text,
    };
    let words = Words {
        purposes: [("measure".to_owned(), Purpose::MEASURE)].into(),
        properties: [("remark".to_owned(), remark)].into(),
    };
    table.region.truth(|truth| {
        let (names, limits, cohorts) = (&truth.names, &table.region.limits, &BTreeMap::new());
        let (words, zone, week_start, now) = (&words, "UTC", "monday", Time(0));
        resolve(Setting { words, names, zone, week_start, limits, now, cohorts }).unwrap()
    })
}

fn answer(table: &Table<'_>, plan: &Plan) -> Answer {
    let (mask, watch) = (table.mask().clone(), Watch::default());
    let asking = Asking {
        mask: &mask,
        source: table,
        still: &|_| true,
        watch: &watch,
        threads: 2,
        moved_rows_max: 1_000,
    };
    ask(&asking, plan, &grant(Purpose::MEASURE, Verb::Ask), Time(1)).unwrap().0
}

/// A merge that comes after the snapshot is not in it, whenever its rows are first looked at.
#[test]
fn who_is_who_is_taken_together_with_the_mask() {
    let lake = Lake::new();
    let region = region(&lake);
    let table = || Table::new(&region, &lake.place, &lake.footers, Arc::default(), &lake.keys);
    let before = table();
    region.truth.write().unwrap().apply(&Record::Link { first: leaf(1), second: leaf(2) });
    assert_eq!([1, 2, 3].map(|least| people(&before, least)), [2, 1, 0]);
    assert_eq!([1, 2, 3].map(|least| people(&table(), least)), [1, 1, 1]);
}

/// Of rows that tie, the client's order decides, although they lie in files of their own.
#[test]
fn rows_of_two_files_that_tie_come_in_the_order_of_the_client() {
    let mut lake = Lake::new();
    let region = region(&lake);
    region.truth.write().unwrap().name(Named::Event, "knocked");
    let row = |event, sequence| Row { event: Code(event), sequence, ..rang(1, 10) };
    // What came later was done first.
    let files = [row(1, 5), row(2, 1)].map(|row| lake.fold(&[row, rang(2, 30)]));
    let files = files.into_iter().flatten().map(Arc::new).collect();
    *region.view.write().unwrap() = View { files, fresh: Vec::new() };
    let table = Table::new(&region, &lake.place, &lake.footers, Arc::default(), &lake.keys);
    let converted = |first: &str, second: &str| {
        let deed = |event: &str| Deed { event: Some(event.to_owned()), ..Deed::default() };
        let funnel = Funnel {
            about: about(),
            steps: vec![deed(first), deed(second)],
            window: "1d".to_owned(),
            order: Order::Loose,
            exclude: Vec::new(),
            breakdown: None,
            limit: None,
            over: None,
        };
        let plan = resolve(&table, |setting| funnel.resolve(setting).map(Plan::Funnel));
        match answer(&table, &plan) {
            Answer::Funnel(answer) => answer.steps.last().map(|step| step.people),
            other => panic!("a funnel is answered by {other:?}"),
        }
    };
    assert_eq!((converted("knocked", RANG), converted(RANG, "knocked")), (Some(1), Some(0)));
}

/// Somebody rang, perhaps with a remark; the rows of the first journal segment are in files.
#[derive(Debug, Clone)]
struct Said {
    ordinal: u64,
    second: i64,
    remark: Option<u8>,
    is_filed: bool,
}

impl Said {
    fn row(&self) -> Row {
        let remark = self.remark.map(|number| Value::Text(format!("remark {number}").into()));
        let other = (Class::General, Code(10), Value::Integer(self.second));
        let remark = remark.map(|text| (Class::General, REMARK, text));
        // The same number under another class is another property's value.
        let sensitive = (Class::Sensitive, REMARK, Value::Flag(true));
        let sealed = remark.into_iter().chain([other, sensitive]).collect();
        Row { sealed, ..rang(self.ordinal, self.second) }
    }
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let one = (1..=PEOPLE, 0i64..60, prop::option::of(0u8..3), any::<bool>());
    let one = one.prop_map(|(ordinal, second, remark, is_filed)| Said {
        ordinal,
        second,
        remark,
        is_filed,
    });
    prop::collection::vec(one, 0..80)
}

/// A region with these rows, some in files and some fresh.
fn filled(lake: &mut Lake, said: &[Said]) -> Region {
    let rows = |is_filed| {
        let of = said.iter().filter(move |said| said.is_filed == is_filed);
        of.map(Said::row).collect::<Vec<_>>()
    };
    let files = lake.fold(&rows(true)).into_iter().map(Arc::new).collect();
    let fresh = Arc::new(Fresh::default());
    fresh.push(rows(false).iter());
    let region = region(lake);
    *region.view.write().unwrap() = View { files, fresh: vec![(2, fresh)] };
    region
}

/// A trend by remark, and how many people made one of these remarks.
fn questions(table: &Table<'_>) -> [Plan; 2] {
    let about = about();
    let series = [Counted::Events, Counted::People].map(|count| Series {
        event: Some(RANG.to_owned()),
        count,
        ..Series::default()
    });
    let trend = Trend {
        about: about.clone(),
        interval: Interval::Day,
        series: series.into(),
        breakdown: Some("remark".to_owned()),
        limit: None,
        formula: None,
        compare: None,
        smooth: None,
    };
    let test = Tested::Is(vec![Wanted::Text("remark 1".to_owned()), Wanted::Missing]);
    let demands = vec![Where { property: "remark".to_owned(), test }];
    let all = vec![Did { event: None, at_least: 2, at_most: None, demands }];
    let cohort = Cohort { about, all, none: Vec::new() };
    [
        resolve(table, |setting| trend.resolve(setting).map(Plan::Trend)),
        resolve(table, |setting| cohort.resolve(setting).map(Plan::Cohort)),
    ]
}

/// What the reference says of the rows that are visible, with these persons' filed remarks lost.
fn expected(region: &Region, said: &[Said], plan: &Plan, lost: &[u64]) -> Answer {
    let filed = said.iter().filter(|said| said.is_filed);
    let arrived = filed.chain(said.iter().filter(|said| !said.is_filed));
    let rows = (0u64..).zip(arrived).filter_map(|(arrival, said)| {
        let Row { leaf, received, verdict, purposes, time, sequence, event, .. } = said.row();
        let is_lost = said.is_filed && lost.contains(&said.ordinal);
        let remark = said.remark.filter(|_| !is_lost);
        region.truth(|truth| {
            let masked = Masked { leaf, time, received, verdict, purposes };
            truth.shows(Purpose::MEASURE, masked).then(|| PersonRow {
                person: truth.identity.person(leaf),
                time,
                sequence,
                arrival,
                event,
                leaf,
                session: 0,
                values: vec![remark.map(|number| format!("remark {number}"))],
            })
        })
    });
    plan.reference(&rows.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Files and fresh rows alike, before and after a merge and an erasure.
    #[test]
    fn a_question_about_a_sealed_property_is_what_the_reference_says(said in said()) {
        let mut lake = Lake::new();
        let region = filled(&mut lake, &said);
        let table =
            || Table::new(&region, &lake.place, &lake.footers, Arc::default(), &lake.keys);
        let check = || {
            for plan in questions(&table()) {
                let expected = expected(&region, &said, &plan, &[]);
                prop_assert_eq!(answer(&table(), &plan), expected);
            }
            Ok(())
        };
        check()?;
        let mut apply = region.truth.write().unwrap();
        apply.apply(&Record::Link { first: leaf(1), second: leaf(2) });
        apply.apply(&Record::Erase { leaves: vec![leaf(3)], at: Time(0) });
        drop(apply);
        lake.keys.destroy(Person::from(leaf(3)));
        check()?;
    }
}

/// Whose key is destroyed is counted, as long as the mask shows the rows, and says nothing more.
#[test]
fn what_a_destroyed_key_sealed_is_absent_and_no_error() {
    let said = |ordinal, is_filed| Said { ordinal, second: 1, remark: Some(1), is_filed };
    let said = [said(1, true), said(2, true), said(2, false)];
    let mut lake = Lake::new();
    let region = filled(&mut lake, &said);
    lake.keys.destroy(Person::from(leaf(1)));
    let table = Table::new(&region, &lake.place, &lake.footers, Arc::default(), &lake.keys);
    let [trend, cohort] = questions(&table);
    for plan in [&trend, &cohort] {
        assert_eq!(answer(&table, plan), expected(&region, &said, plan, &[1]));
    }
    assert_ne!(answer(&table, &trend), expected(&region, &said, &trend, &[]));
}
