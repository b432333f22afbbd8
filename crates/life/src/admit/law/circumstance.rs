//! What a rule may ask about: a closed registry of typed circumstances. A new one is a line here.

/// What kind of value a circumstance has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a purpose in the catalogue.
    Purpose,
    /// A set of keys of categories in the catalogue.
    Categories,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
}

macro_rules! registry {
    ($($(#[doc = $about:literal])+ $variant:ident $name:literal $sort:expr;)+) => {
        /// A circumstance of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Circumstance { $($(#[doc = $about])+ $variant,)+ }

        impl Circumstance {
            pub const EVERY: &'static [Circumstance] = &[$(Circumstance::$variant,)+];

            /// The word by which rules name it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Circumstance::$variant => $name,)+ }
            }

            #[must_use]
            pub const fn sort(self) -> Sort {
                match self { $(Circumstance::$variant => $sort,)+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Circumstance::$variant => concat!($($about,)+),)+ }
            }
        }
    };
}

registry! {
    /// What is done with the data.
    Verb "verb" Sort::Word(&[
        "collect", "store", "use", "infer", "decide", "share", "sell", "transfer", "restore",
    ]);
    /// Why it is done.
    Purpose "purpose" Sort::Purpose;
    /// Whether the purpose reads or stores on the person's device.
    OnDevice "on-device" Sort::Flag;
    /// What kind of source the data comes from.
    SourceKind "source-kind" Sort::Word(&["site", "app", "server", "mailer", "feed"]);
    /// To whom the source speaks.
    Audience "audience" Sort::Word(&["general", "mixed", "child"]);
    /// The least age that the person may have, in years.
    Age "age" Sort::Number;
    /// The categories of data that it is about.
    Categories "categories" Sort::Categories;
    /// How the data came to be.
    Origin "origin" Sort::Word(&["observed", "declared", "inferred", "bought"]);
    /// Whether the source offers what is sensitive by nature: a pharmacy, a dating service, a
    /// faith.
    SensitiveCatalogue "sensitive-catalogue" Sort::Flag;
}

impl Circumstance {
    /// The circumstance with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::EVERY.iter().copied().find(|circumstance| circumstance.name() == name)
    }
}

/// The value of a circumstance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<'a> {
    Word(&'a str),
    Words(Vec<&'a str>),
    Number(i64),
    Flag(bool),
}

/// What is known about a request. What is not here is unknown.
#[derive(Debug, Clone, Default)]
pub struct Circumstances<'a> {
    known: Vec<(Circumstance, Given<'a>)>,
}

impl<'a> Circumstances<'a> {
    /// With this circumstance known, too; said twice, the later counts.
    #[must_use]
    pub fn with(mut self, circumstance: Circumstance, given: Given<'a>) -> Self {
        self.known.retain(|(known, _)| *known != circumstance);
        self.known.push((circumstance, given));
        self
    }

    #[must_use]
    pub fn get(&self, circumstance: Circumstance) -> Option<&Given<'a>> {
        self.known.iter().find(|(known, _)| *known == circumstance).map(|(_, given)| given)
    }
}
