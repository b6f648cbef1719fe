//! One object's database over `ctx.storage`, and its alarm.
//!
//! All writes of a turn are one commit, made by workerd after the turn; `transactionSync` is a
//! savepoint within it, also the outermost. Numbers are bound as REAL, which a column of type
//! INTEGER, or a CAST, turns into integers as long as they are exact, so greater ones go as decimal
//! text.

use crate::host::codes::classify;
use crate::host::{Answer, End, Param, Rights, SqlError, SqlErrorKind, SqlValue, Storage, fit_row};
use std::cell::{Cell, RefCell};
use worker::js_sys::{Array, ArrayBuffer, Uint8Array};
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;

/// Up to here integers are exact in JavaScript (`Number.MAX_SAFE_INTEGER`).
const MAX_SAFE: u64 = (1 << 53) - 1;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/object.js")]
extern "C" {
    // None of them has a `catch`: a trap must pass through Rust's frames without running anything.
    fn query(storage: &JsValue, sql: &str, params: &Array) -> JsValue;
    fn run(storage: &JsValue, sql: &str, params: &Array, alone: bool) -> JsValue;
    fn transaction(storage: &JsValue, outermost: bool, body: &mut dyn FnMut() -> bool) -> JsValue;
}

/// The database of an object of workerd.
pub struct WorkerdStorage {
    storage: JsValue,
    /// How many transactions and savepoints are open.
    depth: Cell<u32>,
    /// What ended the turn's transaction before its time. Nothing runs after it in the same turn:
    /// it would be committed by itself.
    lost: RefCell<Option<SqlError>>,
    alarm: Cell<Option<Option<i64>>>,
}

impl WorkerdStorage {
    /// Over an object's `ctx.storage`.
    pub fn new(storage: JsValue) -> Self {
        Self {
            storage,
            depth: Cell::new(0),
            lost: RefCell::new(None),
            alarm: Cell::new(None),
        }
    }

    /// Begins a turn: what was lost in the one before is forgotten.
    pub fn begin_turn(&self) {
        self.lost.take();
        self.alarm.take();
    }

    /// What the turn wants the alarm to be, if it said so.
    pub(super) fn staged_alarm(&self) -> Option<Option<i64>> {
        self.alarm.get()
    }

    fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// What ended the turn's transaction, if anything did.
    pub(super) fn lost_by(&self) -> Option<SqlErrorKind> {
        self.lost.borrow().as_ref().map(|error| error.kind)
    }

    fn refuse_if_lost(&self) -> Result<(), SqlError> {
        match &*self.lost.borrow() {
            None => Ok(()),
            Some(cause) => Err(SqlError {
                message: format!("the transaction was lost: {}", cause.message),
                ..cause.clone()
            }),
        }
    }

    /// An error of the database, as `object.js` found it.
    fn failed(&self, message: String) -> SqlError {
        let (kind, ends) = classify(&message);
        let error = SqlError {
            kind,
            message,
            committing: false,
        };
        if ends {
            self.lose(&error);
        }
        error
    }

    fn lose(&self, error: &SqlError) {
        self.lost.borrow_mut().get_or_insert_with(|| error.clone());
    }
}

impl Storage for WorkerdStorage {
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.refuse_if_lost()?;
        fit_row(params)?;
        let params: Array = params.iter().map(bind).collect();
        let answer = query(&self.storage, sql, &params);
        match answer.as_string() {
            Some(message) => Err(self.failed(message)),
            None => Ok(rows(&answer)),
        }
    }

    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError> {
        self.refuse_if_lost()?;
        fit_row(params)?;
        let params: Array = params.iter().map(bind).collect();
        let answer = run(&self.storage, sql, &params, self.depth.get() == 0);
        if let Some(message) = answer.as_string() {
            return Err(self.failed(message));
        }
        let answer = Array::from(&answer);
        let columns = Array::from(&answer.get(0));
        let written = answer.get(2).as_f64();
        if rights != Rights::Write && written != Some(0.0) {
            // The lexer admits no such statement. Should it err, what was written must not stay.
            let error = SqlError::statement(format!(
                "a statement that may only read wrote {written:?} rows"
            ));
            self.lose(&error);
            return Err(error);
        }
        Ok(Answer {
            columns: columns
                .iter()
                .map(|name| name.as_string().unwrap_or_default())
                .collect(),
            rows: rows(&answer.get(1)),
        })
    }

    fn transaction(&self, body: &mut dyn FnMut() -> End) -> Result<End, SqlError> {
        self.refuse_if_lost()?;
        let depth = self.depth.get();
        self.depth.set(depth + 1);
        let mut end = End::Rollback;
        let failed = transaction(&self.storage, depth == 0, &mut || {
            end = body();
            end == End::Commit && !self.is_lost()
        });
        self.depth.set(depth);
        if let Some(message) = failed.as_string() {
            let error = self.failed(message);
            self.lose(&error);
            return Err(error);
        }
        self.refuse_if_lost()?;
        Ok(end)
    }

    /// Without a transaction, which would have the answer wait for a commit, though of nothing. The
    /// engine writes nothing then, and each statement of the user's is undone by itself if it does.
    fn reading(&self, body: &mut dyn FnMut()) -> Result<(), SqlError> {
        self.refuse_if_lost()?;
        body();
        self.refuse_if_lost()
    }

    fn stands(&self) -> bool {
        !self.is_lost()
    }

    fn set_alarm(&self, at: Option<i64>) {
        self.alarm.set(Some(at));
    }
}

fn bind(param: &Param<'_>) -> JsValue {
    match *param {
        Param::Null => JsValue::NULL,
        Param::Integer(number) if number.unsigned_abs() <= MAX_SAFE => (number as f64).into(),
        Param::Integer(number) => number.to_string().into(),
        Param::Real(number) => number.into(),
        Param::Text(text) => text.into(),
        Param::Blob(bytes) => Uint8Array::from(bytes).into(),
    }
}

fn rows(rows: &JsValue) -> Vec<Vec<SqlValue>> {
    Array::from(rows)
        .iter()
        .map(|row| Array::from(&row).iter().map(read).collect())
        .collect()
}

/// A column. JavaScript has but one kind of number: a whole one is taken for an integer if it is
/// certain to be exact.
fn read(value: JsValue) -> SqlValue {
    if let Some(number) = value.as_f64() {
        let integer = number as i64;
        let exact = number.fract() == 0.0 && integer.unsigned_abs() <= MAX_SAFE;
        return match exact && !(integer == 0 && number.is_sign_negative()) {
            true => SqlValue::Integer(integer),
            false => SqlValue::Real(number),
        };
    }
    if let Some(text) = value.as_string() {
        return SqlValue::Text(text);
    }
    match value.dyn_into::<ArrayBuffer>() {
        Ok(buffer) => SqlValue::Blob(Uint8Array::new(&buffer).to_vec()),
        Err(_) => SqlValue::Null,
    }
}
