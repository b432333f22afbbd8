//! Retention grids over random small lakes.

use life::know::retention::Visit;
use life::know::{Plan, Retention};
use proptest::prelude::*;

use super::{World, check, demands, event, interval, pond, purpose, range, zone};

fn retention() -> impl Strategy<Value = Retention> {
    let visit = || (event(), demands()).prop_map(|(event, demands)| Visit { event, demands });
    (purpose(), range(), interval(), zone(), visit(), visit()).prop_map(
        |(purpose, (from, to), interval, zone, start, comeback)| Retention {
            purpose,
            from,
            to,
            zone,
            interval,
            week_start: Some("thursday".to_owned()),
            start,
            comeback,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn retention_is_what_the_reference_says(pond in pond(), retention in retention()) {
        check(&pond, &Plan::Retention(retention.resolve(World::new().setting()).unwrap()))?;
    }
}
