//! Values and rows, without a database.

use super::super::statement::Statement;
use super::bind::{BindError, values};
use super::row::read;
use crate::codec::Json;
use crate::host::SqlValue::{self, Blob, Integer, Null, Real, Text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use uuid::Uuid;

fn text(text: &str) -> SqlValue {
    Text(text.to_owned())
}

fn bound(sql: &str, from: impl Serialize) -> Result<Vec<SqlValue>, BindError> {
    values(&from, &Statement::parse(sql).unwrap())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Colour {
    Red,
    #[serde(rename = "dark green")]
    Green,
    Other(u8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Id(u32);

#[test]
fn scalars_have_a_value_in_sql() {
    fn one(value: impl Serialize) -> SqlValue {
        bound("SELECT ?", (value,)).unwrap().remove(0)
    }
    assert_eq!(one(true), Integer(1));
    assert_eq!(one(-7_i8), Integer(-7));
    assert_eq!(one(u32::MAX), Integer(4_294_967_295));
    assert_eq!(one(i64::MIN), Integer(i64::MIN));
    assert_eq!(one(i64::MAX as u64), Integer(i64::MAX));
    assert_eq!(one(1_u128), Integer(1));
    assert_eq!(one(0.5_f32), Real(0.5));
    assert_eq!(one(f64::INFINITY), Real(f64::INFINITY));
    assert_eq!(one('ä'), text("ä"));
    assert_eq!(one("a"), text("a"));
    assert_eq!(one(Some("a")), text("a"));
    assert_eq!(one(None::<u8>), Null);
    assert_eq!(one(()), Null);
    assert_eq!(one(Id(7)), Integer(7));
    assert_eq!(one(Colour::Green), text("dark green"));
    assert_eq!(one(vec![1_u8, 2]), Blob(vec![1, 2]));
    assert_eq!(one([1_u8, 2]), Blob(vec![1, 2]));
    assert_eq!(one(Vec::<u8>::new()), Blob(Vec::new()));
    assert_eq!(one(Json([1, 2])), text("[1,2]"));
    assert_eq!(
        one(Uuid::nil()),
        text("00000000-0000-0000-0000-000000000000")
    );
}

#[test]
fn what_sql_has_not_is_an_error_that_says_what_to_do() {
    fn error(value: impl Serialize) -> String {
        bound("SELECT ?", (value,)).unwrap_err().to_string()
    }
    assert!(error(u64::MAX).contains("bind it as text"));
    assert!(error(i128::MIN).contains("bind it as text"));
    assert!(error(f64::NAN).contains("`None`"));
    assert!(error(f32::NAN).contains("`None`"));
    for compound in [
        error(vec![1_u16]),
        error(vec!["a"]),
        error((1, 2)),
        error(BTreeMap::from([(1, 2)])),
        error(Colour::Other(1)),
        error(vec![vec![1_u8]]),
    ] {
        assert!(compound.contains("Json(value)"), "{compound}");
    }
}

#[test]
fn values_are_given_by_position_or_by_name() {
    #[derive(Serialize)]
    struct Named {
        b: u8,
        a: &'static str,
    }
    let named = || Named { b: 1, a: "x" };
    let both = Ok(vec![text("x"), Integer(1)]);
    assert_eq!(bound("SELECT 1", ()), Ok(Vec::new()));
    assert_eq!(bound("SELECT ?, ?", ("x", 1)), both);
    assert_eq!(bound("SELECT ?2, ?1", ("x", 1)), both);
    assert_eq!(
        bound("SELECT ?, ?", [3, 4]),
        Ok(vec![Integer(3), Integer(4)])
    );
    assert_eq!(
        bound("SELECT ?, ?", &[3, 4][..]),
        Ok(vec![Integer(3), Integer(4)])
    );
    assert_eq!(bound("SELECT :a, @b, $a", named()), both);
    assert_eq!(
        bound("SELECT :n", HashMap::from([("n", 1)])),
        Ok(vec![Integer(1)])
    );
    assert_eq!(
        bound("SELECT 1", HashMap::<String, u8>::new()),
        Ok(Vec::new())
    );

    let count = |expected, given| Err(BindError::Count { expected, given });
    assert_eq!(bound("SELECT ?", ()), count(1, 0));
    assert_eq!(bound("SELECT 1", (1,)), count(0, 1));
    assert_eq!(bound("SELECT ?3", (1, 2)), count(3, 2));
    let name = |name: &str| name.to_owned();
    assert_eq!(
        bound("SELECT :a, :c", named()),
        Err(BindError::Unknown { name: name("b") })
    );
    assert_eq!(
        bound("SELECT :a, :b, :c", named()),
        Err(BindError::Missing { name: name("c") })
    );
    for (sql, takes) in [("SELECT ?", "number"), ("SELECT ?, ?", "number")] {
        let error = bound(sql, named()).unwrap_err();
        assert!(matches!(error, BindError::Style { takes: told, .. } if told == takes));
    }
    let error = bound("SELECT :a", (1,)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("by name: give a struct or a map")
    );
    for error in [
        bound("SELECT ?", 1),
        bound("SELECT ?", "a"),
        bound("SELECT ?", Some((1,))),
    ] {
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("such as `(1, \"a\")`")
        );
    }
}

fn row<R: DeserializeOwned>(columns: &[(&str, SqlValue)]) -> Result<R, String> {
    let names: Vec<_> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let values: Vec<_> = columns.iter().map(|(_, value)| value.clone()).collect();
    read(&names, &values).map_err(|error| error.to_string())
}

/// A row of one column, `c`.
fn one<R: DeserializeOwned>(value: SqlValue) -> Result<R, String> {
    row(&[("c", value)])
}

#[test]
fn a_row_is_read_by_name_or_by_position() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Full {
        id: Id,
        note: Option<String>,
        #[serde(default)]
        more: u8,
    }
    let columns = [
        ("note", Null),
        ("id", Integer(1)),
        ("unknown", Blob(vec![1])),
    ];
    let full = Full {
        id: Id(1),
        note: None,
        more: 0,
    };
    assert_eq!(row(&columns), Ok(full));
    let map: BTreeMap<String, serde_json::Value> = row(&columns[..2]).unwrap();
    assert_eq!(
        serde_json::to_string(&map).unwrap(),
        r#"{"id":1,"note":null}"#
    );
    let value: serde_json::Value = row(&columns[..2]).unwrap();
    assert_eq!(value, serde_json::json!({"id": 1, "note": null}));
    assert_eq!(row(&columns[..2]), Ok((None::<u8>, 1)));
    assert_eq!(
        row::<Vec<Option<u8>>>(&columns[..2]),
        Ok(vec![None, Some(1)])
    );
    assert_eq!(row(&columns[..2]), Ok(Some((None::<u8>, 1_i64))));
    assert_eq!(one(Integer(1)), Ok((1_u8,)));
    assert_eq!(one(Blob(vec![1, 2])), Ok((vec![1_u8, 2],)));

    let error = row::<Full>(&[("note", Null)]).unwrap_err();
    assert!(error.contains("missing field `id`"), "{error}");
    let error = row::<Full>(&[("id", text("1")), ("note", Null)]).unwrap_err();
    assert!(
        error.contains("the column `id`: invalid type: string \"1\""),
        "{error}"
    );
    let error = row::<Full>(&[("id", Integer(1)), ("id", Integer(2))]).unwrap_err();
    assert!(error.contains("duplicate field `id`"), "{error}");
    for error in [
        row::<(u8,)>(&columns).unwrap_err(),
        row::<u8>(&columns).unwrap_err(),
    ] {
        assert!(error.contains("columns: 3, expected: 1"), "{error}");
    }
}

#[test]
fn a_value_is_read_as_what_it_is() {
    assert_eq!(one(Integer(7)), Ok(7_u8));
    assert_eq!(one(Real(7.0)), Ok(7_u8));
    assert_eq!(one(Real(-0.0)), Ok(0_i32));
    assert_eq!(one(Integer(i64::MIN)), Ok(i64::MIN));
    assert_eq!(one(Integer(i64::MAX)), Ok(i128::from(i64::MAX)));
    assert_eq!(one(Integer(i64::MAX)), Ok(i64::MAX as u64));
    assert_eq!(one(Integer(1)), Ok(true));
    assert_eq!(one(Real(0.0)), Ok(false));
    assert_eq!(one(Integer(1)), Ok(1.0_f64));
    assert_eq!(one(Real(1e300)), Ok(1e300_f64));
    assert_eq!(one(Integer((1 << 53) + 1)), Ok(9_007_199_254_740_992.0_f64));
    assert_eq!(one(Real(f64::INFINITY)), Ok(f64::INFINITY));
    assert_eq!(one(text("a")), Ok('a'));
    assert_eq!(one(text("dark green")), Ok(Colour::Green));
    assert_eq!(one(text("[1]")), Ok(Json(vec![1])));
    assert_eq!(
        one(text("00000000-0000-0000-0000-000000000000")),
        Ok(Uuid::nil())
    );
    assert_eq!(one(Null), Ok(None::<String>));
    assert_eq!(one(Null), Ok(()));
    assert_eq!(one(text("")), Ok(Some(String::new())));
    assert_eq!(one(Integer(7)), Ok(Id(7)));
    assert_eq!(
        one::<[u8; 2]>(Blob(vec![1, 2])).unwrap_err(),
        "columns: 1, expected: 2"
    );
    assert_eq!(one::<([u8; 2],)>(Blob(vec![1, 2])), Ok(([1, 2],)));
}

#[test]
fn nothing_becomes_another_value() {
    fn refused<R: DeserializeOwned + Debug>(value: SqlValue, reason: &str) {
        let error = one::<R>(value.clone()).unwrap_err();
        assert!(error.contains("the column `c`: "), "{error}");
        assert!(error.contains(reason), "{value:?}: {error}");
    }
    refused::<u8>(Integer(256), "256");
    refused::<u64>(Integer(-1), "-1");
    refused::<i64>(Real(0.5), "floating point `0.5`");
    refused::<i64>(Real(9_007_199_254_740_992.0), "CAST");
    refused::<i64>(Real(f64::INFINITY), "floating point");
    refused::<i64>(text("1"), "string \"1\"");
    refused::<i64>(Null, "NULL");
    refused::<bool>(Integer(2), "expected 0 or 1");
    refused::<bool>(text("true"), "string");
    refused::<f64>(text("1.0"), "string");
    refused::<String>(Integer(1), "integer `1`");
    refused::<String>(Blob(vec![0x61]), "a blob");
    refused::<Colour>(text("Pink"), "unknown variant `Pink`");
    refused::<Colour>(Integer(1), "integer");
    refused::<Colour>(text("Other"), "expected newtype variant");
    refused::<(Vec<u8>,)>(text("a"), "Json<T>");
    refused::<([u8; 2],)>(Blob(vec![1, 2, 3]), "length 3");
    refused::<(BTreeMap<String, u8>,)>(text("{}"), "Json<T>");
    refused::<(serde_json::Value,)>(Real(9_007_199_254_740_992.0), "CAST");
}
