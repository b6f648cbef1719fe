//! One object's database over `ctx.storage`, and its alarm.
//!
//! All writes of a turn are one commit, made by workerd after the turn; `transactionSync` is a
//! savepoint within it, also the outermost. Numbers are bound as REAL, which a column of type
//! INTEGER, or a CAST, turns into integers as long as they are exact, so greater ones go as decimal
//! text.

use crate::host::codes::classify;
use crate::host::{Answer, End, Param, Rights, SqlError, SqlErrorKind, SqlValue, Storage, fit_row};
use std::cell::{Cell, RefCell};
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;

/// Up to here integers are exact in JavaScript (`Number.MAX_SAFE_INTEGER`).
const MAX_SAFE: u64 = (1 << 53) - 1;

/// How many texts of statements have a number. Then all numbers are given anew.
const MAX_TEXTS: usize = 200;

/// What stands before a value, as in `sql.js`.
const NULL: u8 = 0;
const NUMBER: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;
/// What stands before an answer.
const ROWS: u8 = 0;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/object.js")]
extern "C" {
    // None of them has a `catch`: a trap must pass through Rust's frames without running anything.
    fn transaction(storage: &JsValue, outermost: bool, body: &mut dyn FnMut() -> bool) -> JsValue;
}

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/sql.js")]
extern "C" {
    fn define(number: u32, sql: &str);
    fn query(storage: &JsValue, number: u32, values: &[u8]) -> Option<Vec<u8>>;
    fn run(storage: &JsValue, number: u32, values: &[u8], alone: bool) -> f64;
    fn told() -> Vec<u8>;
}

thread_local! {
    /// The texts that `sql.js` knows by their places here.
    static TEXTS: RefCell<Vec<Box<str>>> = const { RefCell::new(Vec::new()) };
    /// The place of the one that ran last, which often is the next.
    static LAST: Cell<usize> = const { Cell::new(0) };
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

    /// What `sql.js` answered, behind the byte that says what it is.
    fn read<'b>(&self, answer: &'b [u8]) -> Result<Told<'b>, SqlError> {
        let (kind, rest) = answer.split_first().unwrap_or((&ROWS, &[]));
        let mut told = Told(rest);
        if *kind == ROWS {
            return Ok(told);
        }
        Err(self.failed(match told.value() {
            Some(SqlValue::Text(message)) => message,
            other => format!("{other:?}"),
        }))
    }

    /// How many rows a statement of the user's has written, if it may write any.
    fn admit(&self, written: f64, rights: Rights) -> Result<u64, SqlError> {
        if rights != Rights::Write && written != 0.0 {
            // The lexer admits no such statement. Should it err, what was written must not stay.
            let error = SqlError::statement(format!(
                "a statement that may only read wrote {written} rows"
            ));
            self.lose(&error);
            return Err(error);
        }
        Ok(written as u64)
    }

    fn lose(&self, error: &SqlError) {
        self.lost.borrow_mut().get_or_insert_with(|| error.clone());
    }
}

impl Storage for WorkerdStorage {
    fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.refuse_if_lost()?;
        fit_row(params)?;
        match query(&self.storage, number_of(sql), &written(params)) {
            None => Ok(Vec::new()),
            Some(answer) => {
                let mut answer = self.read(&answer)?;
                let columns = answer.count();
                Ok(answer.rows(columns))
            }
        }
    }

    fn run(&self, sql: &str, params: &[Param<'_>], rights: Rights) -> Result<Answer, SqlError> {
        self.refuse_if_lost()?;
        fit_row(params)?;
        let alone = self.depth.get() == 0;
        let rows_written = run(&self.storage, number_of(sql), &written(params), alone);
        if rows_written >= 0.0 {
            return self.admit(rows_written, rights).map(|written| Answer {
                written: Some(written),
                ..Answer::default()
            });
        }
        let told = told();
        let mut answer = self.read(&told)?;
        let written = self.admit(answer.number(), rights)?;
        let columns: Vec<String> = (0..answer.count())
            .map(|_| match answer.value() {
                Some(SqlValue::Text(name)) => name,
                _ => String::new(),
            })
            .collect();
        Ok(Answer {
            rows: answer.rows(columns.len()),
            columns,
            written: Some(written),
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

    fn spares_savepoints(&self) -> bool {
        true
    }

    fn stands(&self) -> bool {
        !self.is_lost()
    }

    fn set_alarm(&self, at: Option<i64>) {
        self.alarm.set(Some(at));
    }
}

/// The number by which `sql.js` knows a statement.
fn number_of(sql: &str) -> u32 {
    TEXTS.with_borrow_mut(|texts| {
        let last =
            Some(LAST.get()).filter(|last| texts.get(*last).is_some_and(|text| **text == *sql));
        let known = last.or_else(|| texts.iter().position(|text| **text == *sql));
        let number = known.unwrap_or_else(|| {
            if texts.len() >= MAX_TEXTS {
                texts.clear();
            }
            define(texts.len() as u32, sql);
            texts.push(sql.into());
            texts.len() - 1
        });
        LAST.set(number);
        number as u32
    })
}

/// Parameters, as `sql.js` reads them.
fn written(params: &[Param<'_>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    for param in params {
        match *param {
            Param::Null => bytes.push(NULL),
            Param::Integer(number) if number.unsigned_abs() <= MAX_SAFE => {
                write_number(&mut bytes, number as f64);
            }
            Param::Integer(number) => write_part(&mut bytes, TEXT, number.to_string().as_bytes()),
            Param::Real(number) => write_number(&mut bytes, number),
            Param::Text(text) => write_part(&mut bytes, TEXT, text.as_bytes()),
            Param::Blob(blob) => write_part(&mut bytes, BLOB, blob),
        }
    }
    bytes
}

fn write_number(bytes: &mut Vec<u8>, number: f64) {
    bytes.push(NUMBER);
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn write_part(bytes: &mut Vec<u8>, kind: u8, part: &[u8]) {
    bytes.push(kind);
    bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
    bytes.extend_from_slice(part);
}

/// An answer of `sql.js`, read from the front.
struct Told<'b>(&'b [u8]);

impl Told<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let (array, rest) = self.0.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.0 = rest;
        *array
    }

    fn number(&mut self) -> f64 {
        f64::from_le_bytes(self.array())
    }

    fn count(&mut self) -> usize {
        u32::from_le_bytes(self.array()) as usize
    }

    fn part(&mut self) -> &[u8] {
        let length = self.count();
        let (part, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        part
    }

    /// A value; `None` at the end.
    fn value(&mut self) -> Option<SqlValue> {
        let (kind, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(match *kind {
            NUMBER => number(self.number()),
            TEXT => SqlValue::Text(String::from_utf8_lossy(self.part()).into_owned()),
            BLOB => SqlValue::Blob(self.part().to_vec()),
            _ => SqlValue::Null,
        })
    }

    /// All that is left.
    fn rows(&mut self, columns: usize) -> Vec<Vec<SqlValue>> {
        let mut rows = Vec::new();
        while columns > 0 && !self.0.is_empty() {
            let mut row = Vec::with_capacity(columns);
            row.extend(std::iter::from_fn(|| self.value()).take(columns));
            rows.push(row);
        }
        rows
    }
}

/// JavaScript has but one kind of number: a whole one is taken for an integer if it is certain to be
/// exact.
fn number(number: f64) -> SqlValue {
    let integer = number as i64;
    let exact = number.fract() == 0.0 && integer.unsigned_abs() <= MAX_SAFE;
    match exact && !(integer == 0 && number.is_sign_negative()) {
        true => SqlValue::Integer(integer),
        false => SqlValue::Real(number),
    }
}
