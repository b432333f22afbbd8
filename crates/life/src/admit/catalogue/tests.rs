//! The shipped catalogue holds what the program names, and a broken one says what to repair.

use std::collections::HashSet;

use super::*;

#[test]
fn the_shipped_catalogue_holds_all_purposes_under_their_numbers() {
    let catalogue = Catalogue::shipped().unwrap();
    let names: Vec<&str> = catalogue.purposes().iter().map(|declared| &*declared.name).collect();
    assert_eq!(
        names.join(" "),
        "operate secure duty measure analyse replay link-devices experiment support personalise \
         profile mail-measure market-mail market-sms market-push advertise sell enrich \
         infer-sensitive decide-credit decide-price locate research train contact-match \
         help diagnose"
    );
    for (number, declared) in (0u8..).zip(catalogue.purposes()) {
        assert_eq!(declared.purpose.number(), number, "{}", declared.name);
    }
    for (purpose, name) in [
        (Purpose::OPERATE, "operate"),
        (Purpose::SECURE, "secure"),
        (Purpose::DUTY, "duty"),
        (Purpose::MEASURE, "measure"),
        (Purpose::ANALYSE, "analyse"),
        (Purpose::LINK_DEVICES, "link-devices"),
        (Purpose::ADVERTISE, "advertise"),
        (Purpose::SELL, "sell"),
    ] {
        assert_eq!(catalogue.purpose(name), Some(purpose));
    }
    let closed = catalogue.purposes().iter().filter(|declared| declared.closed_by_signal);
    let closed: Purposes = closed.map(|declared| declared.purpose).collect();
    assert_eq!(closed, Purposes::only(Purpose::ADVERTISE).with(Purpose::SELL));
}

#[test]
fn the_shipped_catalogue_is_whole() {
    let catalogue = Catalogue::shipped().unwrap();
    assert_eq!(catalogue.categories().len(), 58);
    let numbers: HashSet<u8> = catalogue.categories().iter().map(|c| c.category.number()).collect();
    assert_eq!(numbers.len(), 58);
    for name in ["country", "device", "amount", "currency", "plan"] {
        assert!(catalogue.property(name).unwrap().is_column, "{name}");
    }
    assert!(catalogue.event("Order Completed").is_some());
    let email = catalogue.property("context.traits.email").unwrap();
    assert_eq!(email.name, "traits.email");
    assert!(catalogue.category(email.category).unwrap().is_identifying);
    assert_eq!(catalogue.choice("Analytics"), catalogue.choice("ANALYTICS"));
    assert_eq!(catalogue.choice("sell"), Purposes::only(Purpose::SELL));
    assert_eq!(catalogue.choice("unheard of"), Purposes::NONE);
    assert!(catalogue.is_bad_identifier("NULL"));
    assert!(catalogue.is_bad_identifier(" 00000000-0000-0000-0000-000000000000"));
    assert!(!catalogue.is_bad_identifier("u1"));
}

#[test]
fn binding_gives_codes_in_the_order_of_names() {
    let mut catalogue = Catalogue::shipped().unwrap();
    let mut next = 0;
    let mut before = String::new();
    catalogue.bind(|name| {
        assert!(*name > *before, "{name} after {before}");
        name.clone_into(&mut before);
        next += 1;
        Code(next)
    });
    assert_eq!(catalogue.properties().count(), next as usize);
    assert!(catalogue.properties().all(|property| property.code.0 > 0));
}

#[test]
fn the_version_follows_the_text_and_not_the_order_of_files() {
    let files = |description: &'static str| [PURPOSES, ("categories.toml", description)];
    let one = Catalogue::parse(&files(CATEGORIES)).unwrap();
    let [purposes, categories] = files(CATEGORIES);
    assert_eq!(one.version(), Catalogue::parse(&[categories, purposes]).unwrap().version());
    let other = Catalogue::parse(&files("category = []")).unwrap();
    assert_ne!(one.version(), other.version());
}

const PURPOSES: (&str, &str) = (
    "purposes.toml",
    "[[purpose]]
    number = 3
    name = 'measure'
    title = ''
    description = ''
    key = 'analytics'
    bases = ['consent']
    [[purpose]]
    number = 21
    name = 'locate'
    title = ''
    description = ''
    key = 'functional'
    bases = ['explicit-consent']",
);

const CATEGORIES: &str = "
category = [
  { number = 1, key = 'user.behavior', title = '', kept_for = ['measure'] },
  { number = 2, key = 'user.name', title = '', identifying = true, kept_for = ['measure'] },
  { number = 3, key = 'user.sensor', title = '', class = 'sensitive', kept_for = ['measure'] },
]";

/// A catalogue with these files beside the small ones above ends in this message.
fn check(file: &str, text: &str, message: &str) {
    let mut files = vec![PURPOSES];
    if file != "categories.toml" {
        files.push(("categories.toml", CATEGORIES));
    }
    files.retain(|(name, _)| *name != file);
    files.push((file, text));
    let told = Catalogue::parse(&files).unwrap_err().to_string();
    assert_eq!(told, format!("{file}: {message}"));
}

/// A purpose as text.
fn purpose(number: u8, name: &str, bases: &str) -> String {
    format!(
        "[[purpose]]\nnumber = {number}\nname = '{name}'\ntitle = ''\ndescription = ''\n\
         key = ''\nbases = {bases}\n"
    )
}

/// A file that declares one property.
fn property(name: &str, kind: &str, category: &str, more: &str) -> String {
    format!(
        "[properties.{name}]\ntype = '{kind}'\ncategory = '{category}'\ndescription = ''\n{more}"
    )
}

#[test]
fn a_broken_purpose_or_category_is_named_with_its_remedy() {
    check(
        "purposes.toml",
        &(purpose(3, "a", "['consent']") + &purpose(3, "b", "['consent']")),
        "`b` has number 3, which must be below 64 and used once: take a free one",
    );
    check(
        "purposes.toml",
        &(purpose(3, "a", "['consent']") + &purpose(4, "a", "['consent']")),
        "`a` is declared twice: remove one",
    );
    check(
        "purposes.toml",
        &purpose(3, "a", "[]"),
        "`a` names no basis: list at least one under `bases`",
    );
    check(
        "categories.toml",
        "category = [{ number = 1, key = 'k', title = '', kept_for = ['mesure'] }]",
        "`k` names `mesure`, which is not declared: correct it or declare it",
    );
    check(
        "categories.toml",
        "category = [{ number = 1, key = 'k', title = '', kept_for = [], otherwise = 'mask' }]",
        "`k` must name readers under `coarse_for` exactly when it is coarsened or masked: \
         correct one of them",
    );
}

#[test]
fn a_broken_choice_or_property_is_named_with_its_remedy() {
    check(
        "consent.toml",
        "choices = { 'Everything' = ['measure', 'locate'] }",
        "`Everything` stands for `locate`, which needs a choice of its own: remove it there",
    );
    check(
        "consent.toml",
        "choices = { 'Measure' = ['measure'] }",
        "`Measure` is declared twice: remove one",
    );
    check(
        "events/a.toml",
        &property("name", "text", "user.name", "column = true"),
        "`name` may not become a column, because its category `user.name` is identifying: \
         set column = false",
    );
    check(
        "events/a.toml",
        &property("tilt", "number", "user.sensor", "column = true"),
        "`tilt` may not become a column, because its category `user.sensor` is \
         sealed with a key of its own: set column = false",
    );
    check(
        "events/a.toml",
        &property("ip", "text", "user.name", "filled = 'address'"),
        "`ip` is filled by the program and needs type `address`: correct one of them",
    );
    check(
        "other.toml",
        "",
        "no file of this name is known: use purposes.toml, categories.toml, consent.toml, \
         identifiers.toml, events/NAME.toml or schemas/NAME.toml",
    );
}

#[test]
fn an_unknown_key_or_type_is_refused() {
    for text in [
        property("a", "texts", "user.behavior", ""),
        property("a", "text", "user.behavior", "colum = true"),
    ] {
        let files = [PURPOSES, ("categories.toml", CATEGORIES), ("events/a.toml", &*text)];
        let error = Catalogue::parse(&files).unwrap_err();
        assert!(
            matches!(&error, CatalogueError::Syntax { file, .. } if file == "events/a.toml"),
            "{error}"
        );
    }
}
