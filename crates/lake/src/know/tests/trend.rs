//! Trends over random small lakes.

use life::know::trend::{Counted, Series};
use life::know::{Plan, Trend};
use proptest::prelude::*;
use proptest::sample::select;

use super::{World, breakdown, check, demands, event, interval, pond, purpose, range, zone};

fn trend() -> impl Strategy<Value = Trend> {
    let counted = select(vec![Counted::Events, Counted::People]);
    let series = (event(), counted, demands()).prop_map(|(event, count, demands)| Series {
        event,
        count,
        demands,
    });
    let series = prop::collection::vec(series, 1..4);
    (purpose(), range(), interval(), zone(), series, breakdown(), 1usize..4).prop_map(
        |(purpose, (from, to), interval, zone, series, breakdown, limit)| Trend {
            purpose,
            from,
            to,
            interval,
            zone,
            week_start: None,
            series,
            breakdown,
            limit: Some(limit),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_trend_is_what_the_reference_says(pond in pond(), trend in trend()) {
        check(&pond, &Plan::Trend(trend.resolve(World::new().setting()).unwrap()))?;
    }
}
