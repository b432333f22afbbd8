use serde_json::json;

use super::*;

fn name(text: &str) -> SchemaName {
    SchemaName::parse(text).unwrap()
}

#[test]
fn a_name_leads_nowhere_but_into_its_folder() {
    let known = name("iglu:com.acme-x/check_out/jsonschema/1-0-12");
    assert_eq!(known.path(), "com.acme-x/check_out/jsonschema/1-0-12");
    assert_eq!(known.to_string(), "iglu:com.acme-x/check_out/jsonschema/1-0-12");
    let long = format!("iglu:com.acme/{}/jsonschema/1-0-0", "a".repeat(129));
    for wrong in [
        "com.acme/checkout/jsonschema/1-0-0",
        "iglu:../checkout/jsonschema/1-0-0",
        "iglu:com..acme/checkout/jsonschema/1-0-0",
        "iglu:com.acme/../jsonschema/1-0-0",
        "iglu:com.acme/checkout/avro/1-0-0",
        "iglu:com.acme/checkout/jsonschema/1-0",
        "iglu:com.acme/checkout/jsonschema/1-0-0-0",
        "iglu:com.acme/checkout/jsonschema/1-0-+1",
        "iglu:com.acme/checkout/jsonschema/1-0-99999999999",
        "iglu:com.acme/checkout/jsonschema/1-0-0/x",
        "iglu:com.acme/a@b.example/jsonschema/1-0-0",
        "iglu://host/checkout/jsonschema/1-0-0",
        &long,
    ] {
        assert_eq!(SchemaName::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_complaint_repeats_no_name_that_may_number_somebody() {
    assert_eq!(name("iglu:com.acme/checkout_2024/jsonschema/1-0-0").shown(), "checkout_2024");
    assert_eq!(name("iglu:com.acme/user4915112345/jsonschema/1-0-0").shown(), "that it names");
}

#[test]
fn a_standard_schema_takes_later_additions_to_its_model() {
    let schemas = Schemas::shipped().unwrap();
    let page = json!({ "id": "p", "added": true });
    for (version, is_known) in [("1-0-0", true), ("1-2-7", true), ("2-0-0", false)] {
        let page_name =
            format!("iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/{version}");
        let checked = schemas.check(&name(&page_name), &page);
        assert_eq!(checked, is_known.then_some(Ok(())), "{version}");
    }
    let foreign = name("iglu:com.acme/web_page/jsonschema/1-0-0");
    assert!(!schemas.knows(&foreign));
}

/// A schema with these keywords, and what is said of data.
fn check(schema: Value, data: &Value) -> String {
    let mut schemas = Schemas::default();
    let checkout = name("iglu:com.acme/checkout/jsonschema/1-0-0");
    if let Err(error) = schemas.learn(checkout.clone(), &schema.to_string()) {
        return error.to_string();
    }
    match schemas.check(&checkout, data).unwrap() {
        Ok(()) => "fits".to_owned(),
        Err(misfit) => format!("{} {}", misfit.field, misfit.what).trim().to_owned(),
    }
}

#[test]
fn data_is_held_against_what_its_schema_demands() {
    let schema = json!({
        "$schema": "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
        "self": { "vendor": "com.acme", "name": "checkout", "format": "jsonschema", "version": "1-0-0" },
        "type": "object",
        "properties": {
            "step": { "type": "integer", "minimum": 1, "maximum": 9 },
            "kind": { "enum": ["fast", "slow"] },
            "note": { "type": ["string", "null"], "maxLength": 3 },
            "lines": { "type": "array", "minItems": 1, "items": {
                "type": "object", "properties": { "price": { "type": "number" } } } },
        },
        "required": ["step"],
        "additionalProperties": false,
    });
    for (data, told) in [
        (json!({ "step": 1, "kind": "fast", "note": null, "lines": [{ "price": 2 }] }), "fits"),
        (json!({ "step": 2.0 }), "fits"),
        (json!({ "kind": "fast" }), "step is missing"),
        (json!({ "step": null }), "step is missing"),
        (json!({ "step": 2.5 }), "step is of another type"),
        (json!({ "step": "2" }), "step is of another type"),
        (json!({ "step": 0 }), "step is out of bounds"),
        (json!({ "step": 10 }), "step is out of bounds"),
        (json!({ "step": 1, "kind": "odd" }), "kind is none of the values that there are"),
        (json!({ "step": 1, "note": "long" }), "note is too long"),
        (json!({ "step": 1, "lines": [] }), "lines is too short"),
        (json!({ "step": 1, "lines": [{ "price": "2" }] }), "lines.price is of another type"),
        (json!({ "step": 1, "bob": 1 }), "has a field that its schema does not know"),
        (json!([]), "is of another type"),
    ] {
        assert_eq!(check(schema.clone(), &data), told, "{data}");
    }
}

#[test]
fn a_text_that_is_no_schema_is_not_learnt() {
    let other = json!({ "self":
        { "vendor": "com.acme", "name": "cart", "format": "jsonschema", "version": "1-0-0" } });
    let told = "it says that it is `com.acme/cart/jsonschema/1-0-0`: put it where that one belongs";
    assert_eq!(check(other, &json!({})), told);
    let unreadable = "it is no JSON Schema, or is nested without end";
    for schema in [json!([]), json!({ "type": "thing" }), json!({ "properties": 7 })] {
        assert_eq!(check(schema, &json!({})), unreadable);
    }
    let nested = |depth: usize| {
        (0..depth).fold(json!({}), |inner, _| json!({ "properties": { "a": inner } }))
    };
    assert_eq!(check(nested(16), &json!({})), "fits");
    assert_eq!(check(nested(17), &json!({})), unreadable);
    let fields: serde_json::Map<_, _> =
        (0..5_000).map(|number| (number.to_string(), json!({}))).collect();
    assert_eq!(check(json!({ "properties": fields }), &json!({})), unreadable);
    let mut schemas = Schemas::default();
    let large = " ".repeat(Schemas::BYTES_MAX + 1);
    let checkout = name("iglu:com.acme/checkout/jsonschema/1-0-0");
    assert!(matches!(schemas.learn(checkout, &large), Err(SchemaError::TooLarge { .. })));
    for number in 0..Schemas::LEARNT_MAX {
        let one = name(&format!("iglu:com.acme/checkout/jsonschema/1-0-{number}"));
        schemas.learn(one, "{}").unwrap();
    }
    let last = name("iglu:com.acme/last/jsonschema/1-0-0");
    assert!(matches!(schemas.learn(last.clone(), "{}"), Err(SchemaError::TooMany { .. })));
    schemas.forget(&name("iglu:com.acme/checkout/jsonschema/1-0-0"));
    assert_eq!(schemas.learn(last, "{}"), Ok(()));
}

#[test]
fn a_table_that_is_wrong_says_what_to_repair() {
    for (table, told) in [
        ("[a]\nof = [\"com.acme/a\"]", "`com.acme/a` names no schema: write `vendor/name/model`"),
        (
            "[a]\nof = [\"com.acme/b/1\"]",
            "`com.acme/b/1` names no schema: write `vendor/name/model`",
        ),
        (
            "[a]\nof = []\nrequired = [\"b\"]",
            "the table of schemas is broken: `a` needs `b`, which is no field",
        ),
    ] {
        assert_eq!(Schemas::parse(table).unwrap_err().to_string(), told);
    }
    assert!(matches!(Schemas::parse("[a]\nof = 7"), Err(SchemaError::Table(_))));
}
