//! The scan of `events`: DataFusion orders parts of it, and producers, which hold the lake, fill
//! them with visible rows.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::datasource::TableProvider;
use datafusion::error::{DataFusionError, Result as Planned};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use life::keep::manifest::BUCKETS;
use life::know::SqlPlan;
use life::know::sql::{Field, SqlColumn};
use life::know::tabled::Kind;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::batch::Maker;
use super::condition::{Span, both, events, span};
use super::{Naming, Read};
use crate::keep::chunk::{Need, Texts};
use crate::know::ask::Asking;
use crate::know::error::AskError;
use crate::know::export::form;
use crate::know::run::{Run, Scan};
use crate::know::sight::Sight;

/// The table `events`.
#[derive(Debug)]
pub(super) struct Events {
    columns: Arc<[SqlColumn]>,
    schema: SchemaRef,
    within: Span,
    parts: usize,
    orders: mpsc::Sender<Order>,
}

/// One part of a scan: every `of`-th bucket.
#[derive(Debug, Clone)]
struct Part {
    wanted: Arc<Wanted>,
    number: usize,
    of: usize,
    orders: mpsc::Sender<Order>,
}

/// What a scan wants.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) columns: Vec<SqlColumn>,
    pub(super) schema: SchemaRef,
    pub(super) texts: Arc<Texts>,
    /// The time that rows are shown of.
    pub(super) within: Span,
    /// The time that the statement's conditions leave of it.
    span: Span,
    /// The names of the events that they leave; absent when they leave all.
    events: Option<HashSet<String>>,
}

/// A part that is to be produced.
#[derive(Debug)]
pub(super) struct Order {
    part: Part,
    into: mpsc::Sender<Result<RecordBatch, AskError>>,
    /// Whether all of it was produced: a producer that ends early must not look like one that is
    /// done.
    is_done: Arc<AtomicBool>,
}

impl Events {
    pub(super) fn new(plan: &SqlPlan, parts: usize, orders: mpsc::Sender<Order>) -> Self {
        let columns = plan.columns.as_slice();
        let within = plan.within;
        Self { columns: columns.into(), schema: schema(columns), within, parts, orders }
    }
}

fn schema(columns: &[SqlColumn]) -> SchemaRef {
    let field = |column: &SqlColumn| ArrowField::new(&column.name, stored(column.kind), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// How values of a kind lie in a batch.
pub(super) fn stored(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8View,
        Kind::Flag | Kind::Integer | Kind::Number | Kind::Time => form(kind),
    }
}

#[async_trait]
impl TableProvider for Events {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Only what need not be read is taken from a condition; it is tested above, on visible rows.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Planned<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match span(filter).is_some() || events(filter).is_some() {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Planned<Arc<dyn ExecutionPlan>> {
        let columns: Vec<SqlColumn> = match projection {
            None => self.columns.to_vec(),
            Some(places) => {
                places.iter().filter_map(|place| self.columns.get(*place).cloned()).collect()
            }
        };
        let within = self.within;
        let span = filters.iter().filter_map(span).fold(within, both);
        let events = filters.iter().filter_map(events).reduce(|one, other| &one & &other);
        let (schema, texts) = (schema(&columns), Arc::default());
        let wanted = Arc::new(Wanted { schema, columns, texts, within, span, events });
        let parts = (0..self.parts).map(|number| {
            let (wanted, orders) = (Arc::clone(&wanted), self.orders.clone());
            Arc::new(Part { wanted, number, of: self.parts, orders }) as Arc<dyn PartitionStream>
        });
        let schema = Arc::clone(&wanted.schema);
        let scan = StreamingTableExec::try_new(schema, parts.collect(), None, None, false, limit)?;
        Ok(Arc::new(scan))
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.wanted.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (into, batches) = mpsc::channel(1);
        let is_done = Arc::new(AtomicBool::new(false));
        let order = Order { part: self.clone(), into, is_done: Arc::clone(&is_done) };
        // Where nobody takes orders any more, the order is dropped, and is not done.
        let _ = self.orders.try_send(order);
        let early = move || (!is_done.load(Ordering::Acquire)).then_some(Err(AskError::Thread));
        let end = tokio_stream::iter(std::iter::once_with(early).flatten());
        let batches = ReceiverStream::new(batches).chain(end);
        let batches =
            batches.map(|batch| batch.map_err(|error| DataFusionError::External(Box::new(error))));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.wanted.schema), batches))
    }
}

/// Fills parts with visible rows, on a thread of its own.
pub(super) struct Producer<'a> {
    pub(super) asking: &'a Asking<'a>,
    pub(super) sight: &'a Sight,
    pub(super) naming: Naming<'a>,
    pub(super) read: &'a Mutex<Read>,
    pub(super) handle: Handle,
    pub(super) is_over: watch::Receiver<bool>,
}

impl Producer<'_> {
    pub(super) fn carry_out(mut self, order: &Order) {
        let produced = self.produce(order);
        match produced {
            Ok(()) => order.is_done.store(true, Ordering::Release),
            // Whoever does not take the cause has left already.
            Err(error) => drop(self.hand(order, Err(error))),
        }
    }

    fn produce(&mut self, order: &Order) -> Result<(), AskError> {
        let Order { part: Part { wanted, number, of, .. }, .. } = order;
        let scan = self.scan(wanted);
        let source = self.asking.source;
        if *number == 0 {
            self.asking.watch.expect(source.rows(&scan));
        }
        let mut maker = Maker::new(self.sight, self.naming, wanted);
        let numbers = (0..BUCKETS).skip(*number).step_by(*of);
        for bucket in numbers {
            for mut run in source.runs(bucket, &scan)? {
                self.run(order, &mut maker, run.as_mut())?;
            }
        }
        Ok(())
    }

    fn run(
        &mut self,
        order: &Order,
        maker: &mut Maker<'_>,
        run: &mut dyn Run,
    ) -> Result<(), AskError> {
        let mut before = run.bytes();
        while let Some(chunk) = run.next()? {
            let passed = chunk.looked() as u64;
            let batch = maker.batch(chunk)?;
            let visible = batch.num_rows() as u64;
            let bytes = run.bytes() - before;
            before = run.bytes();
            self.asking.look()?;
            // What was read for nothing that is seen is not told: it would tell what is hidden.
            self.asking.watch.pass(passed, visible, if visible > 0 { bytes } else { 0 })?;
            if visible == 0 {
                continue;
            }
            {
                let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                read.rows += visible;
                read.bytes += bytes;
                read.files.extend(run.file());
            }
            if !self.hand(order, Ok(batch)) {
                return Err(AskError::Cancelled);
            }
        }
        Ok(())
    }

    /// Hands rows over as soon as they are wanted; false when they never will be.
    fn hand(&mut self, order: &Order, batch: Result<RecordBatch, AskError>) -> bool {
        let is_over = &mut self.is_over;
        self.handle.block_on(async {
            tokio::select! {
                sent = order.into.send(batch) => sent.is_ok(),
                _ = is_over.wait_for(|is_over| *is_over) => false,
            }
        })
    }

    fn scan(&self, wanted: &Wanted) -> Scan {
        let has = |field: Field| wanted.columns.iter().any(|column| column.field == field);
        let properties = wanted.columns.iter().filter_map(|column| match column.field {
            Field::Property(code, sealed) => Some((code, sealed)),
            Field::Time
            | Field::Received
            | Field::Event
            | Field::Person
            | Field::Source
            | Field::Session => None,
        });
        let properties: Vec<_> = properties.collect();
        let code = |name: &String| (self.naming.code)(name).map(|code| code.0);
        let events = wanted.events.as_ref().map(|names| names.iter().filter_map(code).collect());
        let need = Need {
            columns: properties.iter().map(|(code, _)| *code).collect(),
            sealed: properties
                .iter()
                .filter_map(|(code, class)| Some((*code, (*class)?)))
                .collect(),
            session: has(Field::Session),
            leaf: self.sight.needs_leaves(),
            received: self.sight.needs_times() || has(Field::Received),
            events: events.map(Arc::new),
            untimed: false,
        };
        let (from, until) = wanted.span;
        Scan { need, from, until, texts: Arc::clone(&wanted.texts) }
    }
}
