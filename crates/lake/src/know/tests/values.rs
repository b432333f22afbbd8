//! Values of properties over random small lakes.

use life::know::{Asked as _, Plan, Question as _, Values, ValuesPick};
use proptest::prelude::*;
use proptest::sample::select;

use super::{PROPERTIES, World, about, check, demands, event, pond};

fn values() -> impl Strategy<Value = Values> {
    let parts = (about(), select(PROPERTIES.to_vec()), event(), demands(), 1usize..5);
    parts.prop_map(|(about, property, event, demands, limit)| Values {
        about,
        property: property.to_owned(),
        event,
        demands,
        limit: Some(limit),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn values_are_what_the_reference_says(
        pond in pond(),
        values in values(),
        value in select(vec!["tone 1", "tone 2", "1", "0.5", "true", "never"]),
    ) {
        let mut plan = values.resolve(World::new().setting()).unwrap();
        plan.pick(ValuesPick { value: value.to_owned() }).unwrap();
        check(&pond, &Plan::Values(plan))?;
    }
}
