//! Every limit of the program in one place. Past a limit we refuse and say so.

use crate::Span;

/// Limits on what is taken in, held and answered. `Limits::small` is for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A request's body as sent, in bytes.
    pub body_bytes: usize,
    /// A request's body after decompression, in bytes.
    pub inflated_bytes: usize,
    /// A body of a protocol whose clients send large batches, as sent and after decompression, in
    /// bytes.
    pub large_body_bytes: usize,
    /// What of its body, as sent and opened, each request holds whatever others do, in bytes.
    pub small_body_bytes: usize,
    /// What all requests together hold beyond that, in bytes.
    pub bodies_bytes: usize,
    /// How many times larger a body may grow when decompressed to more than may be sent as it is.
    pub inflate_ratio: usize,
    /// Nesting of JSON.
    pub json_depth: usize,
    /// One event, in bytes of JSON.
    pub event_bytes: usize,
    /// One event of a protocol whose events carry traces and pages, in bytes of JSON.
    pub large_event_bytes: usize,
    /// A batch, in bytes of JSON, where the protocol sets a limit of its own.
    pub batch_bytes: usize,
    /// Events in one request.
    pub batch_events: usize,
    /// Properties of one event.
    pub event_properties: usize,
    /// An event's or a property's name, in characters.
    pub name_chars: usize,
    /// An external id, in characters.
    pub identifier_chars: usize,
    /// A client's key of an event, in characters.
    pub message_chars: usize,
    /// One text value, in bytes.
    pub value_bytes: usize,
    /// Request headers together, in bytes.
    pub header_bytes: usize,
    /// How long a request's header and body may take to arrive.
    pub request_time: Span,
    /// How far in the future an event's corrected time may lie.
    pub future: Span,
    /// Different event names, and different property names.
    pub names: usize,
    /// Those of them that one source may use before it can bring no new ones.
    pub names_of_source: usize,
    /// Verdicts of one source that are told apart by what was said; past that they are one.
    pub verdicts_of_source: usize,
    /// Leaves of one person.
    pub person_leaves: usize,
    /// Acts of consent that one leaf keeps.
    pub consent_acts: usize,
    /// A journal segment, in bytes.
    pub segment_bytes: u64,
    /// A journal segment's life before it is folded.
    pub segment_age: Span,
    /// How long bytes of the journal that cannot be read lie aside, with their key.
    pub quarantine_age: Span,
    /// Requests waiting for the journal.
    pub queue_batches: usize,
    /// Requests of events that are at work at one time whatever others wait.
    pub requests_at_work: usize,
    /// Up to which wait for its answer a request of events was answered in good time.
    pub good_wait: Span,
    /// For how long more requests are taken while none is answered in good time.
    pub burst_time: Span,
    /// Rows in memory that are not in files yet.
    pub fresh_rows: usize,
    /// How long a client's key is remembered.
    pub duplicate_window: Span,
    /// Lines of a breakdown in one answer.
    pub breakdown_lines: usize,
    /// Intervals in one answer.
    pub answer_intervals: usize,
    /// Steps of a funnel.
    pub funnel_steps: usize,
    /// Rows of the live list and of one page.
    pub page_rows: usize,
    /// Things of one kind that people may save.
    pub saved: usize,
    /// Questions that run at one time.
    pub running_questions: usize,
    /// Questions of one actor that run at one time.
    pub running_questions_each: usize,
    /// Texts of SQL that run at one time; more wait for their turn.
    pub running_texts: usize,
    /// A text of SQL, in bytes.
    pub sql_bytes: usize,
    /// Rows of the answer to a text of SQL.
    pub sql_rows: usize,
    /// Bytes of the answer to a text of SQL.
    pub sql_answer_bytes: usize,
    /// Memory that a text of SQL may hold, in bytes.
    pub sql_memory_bytes: usize,
    /// How long a text of SQL may take.
    pub sql_time: Span,
    /// How long whoever asks for the progress of a question waits for it to begin.
    pub question_wait: Span,
    /// How often the progress of a question is told.
    pub progress_step: Span,
    /// Bytes of an export of events, as it leaves.
    pub export_bytes: usize,
    /// Rows of moved people that a question sorts in memory.
    pub diverted_rows: usize,
    /// Failed sign-ins of one account or address before the first pause.
    pub sign_in_free: u32,
    /// The longest pause after a failed sign-in.
    pub sign_in_wait: Span,
    /// How long after its pause a failed sign-in is remembered when room is needed.
    pub sign_in_memory: Span,
    /// Accounts and addresses whose failed sign-ins are remembered.
    pub sign_in_peers: usize,
    /// How often an open stream looks whether its reader may still read, when nothing happens.
    pub stream_look: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            inflated_bytes: 16 << 20,
            large_body_bytes: 20 << 20,
            small_body_bytes: 512 << 10,
            bodies_bytes: 256 << 20,
            inflate_ratio: 200,
            json_depth: 32,
            event_bytes: 32 << 10,
            large_event_bytes: 2 << 20,
            batch_bytes: 500 << 10,
            batch_events: 5_000,
            event_properties: 10_000,
            name_chars: 200,
            identifier_chars: 256,
            message_chars: 100,
            value_bytes: 8 << 10,
            header_bytes: 32 << 10,
            request_time: Span::seconds(15),
            future: Span::HOUR,
            names: 100_000,
            names_of_source: 5_000,
            verdicts_of_source: 1_000,
            person_leaves: 1_000,
            consent_acts: 64,
            segment_bytes: 8 << 20,
            segment_age: Span::seconds(60),
            quarantine_age: Span::days(30),
            queue_batches: 4_096,
            requests_at_work: 128,
            good_wait: Span(100_000),
            burst_time: Span(500_000),
            fresh_rows: 400_000,
            duplicate_window: Span::days(7),
            breakdown_lines: 1_000,
            answer_intervals: 10_000,
            funnel_steps: 20,
            page_rows: 1_000,
            saved: 1_000,
            running_questions: 128,
            running_questions_each: 32,
            running_texts: 3,
            sql_bytes: 16 << 10,
            sql_rows: 10_000,
            sql_answer_bytes: 16 << 20,
            sql_memory_bytes: 512 << 20,
            sql_time: Span::seconds(60),
            question_wait: Span::seconds(2),
            progress_step: Span(200_000),
            export_bytes: 256 << 20,
            diverted_rows: 20_000_000,
            sign_in_free: 5,
            sign_in_wait: Span(5 * Span::MINUTE.0),
            sign_in_memory: Span::HOUR,
            sign_in_peers: 10_000,
            stream_look: Span::seconds(5),
        }
    }
}

impl Limits {
    /// The same limits, small enough for a test to reach.
    #[must_use]
    pub fn small() -> Self {
        Self {
            body_bytes: 64 << 10,
            inflated_bytes: 256 << 10,
            large_body_bytes: 256 << 10,
            batch_bytes: 128 << 10,
            batch_events: 200,
            segment_bytes: 64 << 10,
            fresh_rows: 10_000,
            consent_acts: 4,
            person_leaves: 4,
            ..Self::default()
        }
    }
}
