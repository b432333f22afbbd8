//! The functions that a text may call. What is not here could make memory or time without end, read
//! a file or a setting, or draw chance.

/// Functions over many rows.
pub const AGGREGATES: &[&str] = &[
    "approx_distinct",
    "approx_percentile_cont",
    "avg",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "first_value",
    "last_value",
    "max",
    "median",
    "min",
    "stddev",
    "stddev_pop",
    "sum",
    "var_pop",
    "var_samp",
];

/// Functions over the values of one row. `now` and its kin are the time of the question.
pub const SCALARS: &[&str] = &[
    "abs",
    "btrim",
    "ceil",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "contains",
    "date_bin",
    "date_part",
    "date_trunc",
    "ends_with",
    "exp",
    "floor",
    "from_unixtime",
    "greatest",
    "initcap",
    "least",
    "left",
    "length",
    "ln",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "now",
    "nullif",
    "octet_length",
    "power",
    "regexp_count",
    "regexp_like",
    "reverse",
    "right",
    "round",
    "rtrim",
    "signum",
    "split_part",
    "sqrt",
    "starts_with",
    "strpos",
    "substr",
    "to_char",
    "to_date",
    "to_timestamp",
    "to_unixtime",
    "translate",
    "trunc",
    "upper",
];

/// Functions over neighbouring rows, with `OVER`; the aggregates can be used so too.
pub const WINDOWS: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "lag",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

/// What the time of the question is called.
pub(super) const NOW: &[&str] = &["now", "current_timestamp"];
/// What the day of the question, in UTC, is called.
pub(super) const TODAY: &[&str] = &["current_date", "today"];

/// Whether a text may call it.
pub(super) fn is_offered(name: &str) -> bool {
    [AGGREGATES, SCALARS, WINDOWS, NOW, TODAY].iter().any(|list| list.contains(&name))
}
