//! Arrow arrays as the plain columns of a chunk. A text becomes its number once for each
//! dictionary.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::ScalarBuffer;
use vocabulary::Code;

use crate::keep::chunk::{Column, Texts};
use crate::keep::column::{self, ColumnKind};

pub(in crate::keep) fn long(
    batch: &RecordBatch,
    name: &str,
    wanted: bool,
) -> Option<ScalarBuffer<u64>> {
    if !wanted {
        return Some(ScalarBuffer::default());
    }
    Some(batch.column_by_name(name)?.as_primitive_opt::<UInt64Type>()?.values().clone())
}

pub(in crate::keep) fn short(
    batch: &RecordBatch,
    name: &str,
    wanted: bool,
) -> Option<ScalarBuffer<u32>> {
    if !wanted {
        return Some(ScalarBuffer::default());
    }
    Some(batch.column_by_name(name)?.as_primitive_opt::<UInt32Type>()?.values().clone())
}

/// Times in microseconds.
pub(in crate::keep) fn times(batch: &RecordBatch, unit: i64) -> Option<ScalarBuffer<i64>> {
    let steps = batch.column_by_name(column::TIME)?.as_primitive_opt::<Int64Type>()?.values();
    if unit == 1 {
        return Some(steps.clone());
    }
    Some(steps.iter().map(|step| step.wrapping_mul(unit)).collect())
}

pub(in crate::keep) fn instant(
    batch: &RecordBatch,
    name: &str,
    wanted: bool,
) -> Option<ScalarBuffer<i64>> {
    if !wanted {
        return Some(ScalarBuffer::default());
    }
    Some(
        batch
            .column_by_name(name)?
            .as_primitive_opt::<TimestampMicrosecondType>()?
            .values()
            .clone(),
    )
}

pub(super) fn promoted(
    code: Code,
    kind: ColumnKind,
    array: &ArrayRef,
    texts: &Texts,
    maps: &mut HashMap<Code, (ArrayRef, Vec<u32>)>,
) -> Option<Column> {
    let nulls = array.nulls().cloned();
    Some(match kind {
        ColumnKind::Integer => {
            Column::Integer(array.as_primitive_opt::<Int64Type>()?.values().clone(), nulls)
        }
        ColumnKind::Time => {
            let times = array.as_primitive_opt::<TimestampMicrosecondType>()?;
            Column::Integer(times.values().clone(), nulls)
        }
        ColumnKind::Number => {
            Column::Number(array.as_primitive_opt::<Float64Type>()?.values().clone(), nulls)
        }
        ColumnKind::Flag => {
            let flags = array.as_boolean_opt()?.values();
            Column::Flag(flags.iter().map(u8::from).collect(), nulls)
        }
        ColumnKind::Text | ColumnKind::Json => {
            let array = array.as_dictionary_opt::<UInt32Type>()?;
            let map = match maps.get(&code) {
                Some((known, map)) if is_same(known, array.values()) => map,
                _ => {
                    let numbers = numbers(array.values(), texts)?;
                    maps.insert(code, (array.values().clone(), numbers));
                    &maps.get(&code)?.1
                }
            };
            let keys = array.keys().values().iter();
            let number = |key: &u32| map.get(*key as usize).copied().unwrap_or(0);
            Column::Text(match nulls {
                None => keys.map(number).collect(),
                Some(nulls) => {
                    let number = |(key, valid)| if valid { number(key) } else { 0 };
                    keys.zip(nulls.iter()).map(number).collect()
                }
            })
        }
    })
}

/// Whether two dictionaries are the same memory. The known one is held, so its memory cannot be
/// another's.
fn is_same(known: &ArrayRef, met: &ArrayRef) -> bool {
    let (Some(known), Some(met)) = (known.as_string_opt::<i32>(), met.as_string_opt::<i32>())
    else {
        return false;
    };
    known.offsets().inner().ptr_eq(met.offsets().inner())
        && known.values().as_ptr() == met.values().as_ptr()
}

fn numbers(values: &ArrayRef, texts: &Texts) -> Option<Vec<u32>> {
    let values = values.as_string_opt::<i32>()?;
    Some(values.iter().map(|text| text.map_or(0, |text| texts.number(text))).collect())
}
