//! know: questions over ordered runs of people, fresh rows and files alike.
