//! Trends over random small lakes.

use life::know::measure::Counted;
use life::know::trend::Series;
use life::know::{About, Interval, NONE, Plan, Question as _, Trend, TrendPick};
use proptest::prelude::*;
use proptest::sample::select;
use vocabulary::Time;

use super::asking::few;
use super::{
    NONE_TONE, PROPERTIES, START, STEP, World, about, breakdown, check, demands, event, interval,
    pond,
};

fn series() -> impl Strategy<Value = Series> {
    let counted = select(vec![
        Counted::Events,
        Counted::People,
        Counted::PerPerson,
        Counted::Sum,
        Counted::Average,
        Counted::Minimum,
        Counted::Maximum,
        Counted::Median,
        Counted::Percentile,
        Counted::Different,
    ]);
    let of = (select(PROPERTIES.to_vec()), select(vec!["size", "ratio"]));
    let parts = (event(), counted, of, 1u8..100, demands());
    parts.prop_map(|(event, count, (any, number), at, demands)| {
        let of = match count {
            Counted::Events | Counted::People | Counted::PerPerson => None,
            Counted::Different => Some(any.to_owned()),
            _ => Some(number.to_owned()),
        };
        let at = (count == Counted::Percentile).then_some(at);
        Series { event, count, of, at, demands }
    })
}

fn trend() -> impl Strategy<Value = Trend> {
    let series = prop::collection::vec(series(), 1..4);
    let formula = select(vec![None, Some("A / (A + 1)"), Some("-A * 2")]);
    let compare = select(vec![None, None, Some("previous"), Some("-1d"), Some("-1w"), Some("-1m")]);
    let smooth = prop_oneof![2 => Just(None), 1 => (2usize..5).prop_map(Some)];
    let also = (breakdown(), 1usize..4, formula, compare, smooth);
    (about(), interval(), series, also).prop_map(
        |(about, interval, series, (breakdown, limit, formula, compare, smooth))| Trend {
            about,
            interval,
            series,
            breakdown,
            limit: Some(limit),
            formula: formula.map(str::to_owned),
            compare: compare.map(str::to_owned),
            smooth,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_trend_is_what_the_reference_says(
        pond in pond(),
        trend in trend(),
        (series, interval, value) in (any::<usize>(), any::<Option<usize>>(), 0u8..4),
    ) {
        let world = World::new();
        let mut plan = trend.resolve(world.setting()).unwrap();
        let starts = plan.periods.starts.clone();
        let value = if value == 0 { NONE.to_owned() } else { format!("tone {value}") };
        let pick = TrendPick {
            series: series % plan.series.len(),
            start: interval.map(|place| starts[place % starts.len()]),
            breakdown: plan.breakdown.map(|_| value),
        };
        life::know::Asked::pick(&mut plan, pick).unwrap();
        check(&pond, &Plan::Trend(plan))?;
    }
}

#[test]
fn no_value_and_the_text_that_stands_for_it_are_one_line() {
    let (mut pond, _) = few();
    for (fact, tone) in pond.facts.iter_mut().zip([1, 0, NONE_TONE]) {
        fact.tone = tone;
    }
    let counted = |count| Series { count, ..Series::default() };
    for limit in [1, 2] {
        let trend = Trend {
            about: About {
                purpose: "measure".to_owned(),
                from: Time(START).to_string(),
                to: Time(START + 160 * STEP).to_string(),
                ..About::default()
            },
            interval: Interval::Week,
            series: vec![counted(Counted::People), counted(Counted::PerPerson)],
            breakdown: Some("tone".to_owned()),
            limit: Some(limit),
            formula: None,
            compare: None,
            smooth: None,
        };
        let plan = Plan::Trend(trend.resolve(World::new().setting()).unwrap());
        check(&pond, &plan).unwrap();
    }
}
