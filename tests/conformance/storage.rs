//! What the database of every host must do, as the engine relies on it.

use super::{Failure, Verdict, check, contains, same};
use lumenize_runtime::host::{End, Param, Rights, SqlErrorKind, SqlValue, Storage};

type Part = (&'static str, fn(&dyn Storage) -> Verdict);

/// What each part of the contract came to. Each is a turn of its own, which `begin_turn` begins.
pub fn contract(storage: &dyn Storage, begin_turn: impl Fn()) -> Vec<(&'static str, Verdict)> {
    let parts: [Part; 10] = [
        ("columns keep their types", columns_keep_their_types),
        ("integers are exact", integers_are_exact),
        ("transactions nest", transactions_nest),
        ("a changed row is returned", a_changed_row_is_returned),
        (
            "mistakes leave the transaction standing",
            mistakes_leave_the_transaction_standing,
        ),
        ("a row has a limit", a_row_has_a_limit),
        ("the user's rows have names", the_users_rows_have_names),
        (
            "what may only read writes nothing",
            what_may_only_read_writes_nothing,
        ),
        (
            "what reads alone writes nothing",
            what_reads_alone_writes_nothing,
        ),
        ("what it wrote is not there", what_it_wrote_is_not_there),
    ];
    let run = |(name, part): Part| {
        begin_turn();
        (name, part(storage))
    };
    parts.map(run).into()
}

/// Runs `body` in a transaction that is committed, or rolled back if it fails.
fn within(storage: &dyn Storage, mut body: impl FnMut() -> Verdict) -> Verdict {
    let mut verdict = Ok(());
    let ended = storage.transaction(&mut || {
        verdict = body();
        match verdict {
            Ok(()) => End::Commit,
            Err(_) => End::Rollback,
        }
    });
    verdict?;
    Ok(ended.map(drop)?)
}

fn count(storage: &dyn Storage) -> Result<i64, Failure> {
    let rows = storage.query("SELECT count(*) FROM numbers", &[])?;
    match rows.as_slice() {
        [row] => match row.as_slice() {
            [SqlValue::Integer(count)] => Ok(*count),
            _ => Err(Failure(format!("{row:?}"))),
        },
        _ => Err(Failure(format!("{rows:?}"))),
    }
}

fn insert(storage: &dyn Storage, number: i64) -> Verdict {
    storage.query("INSERT INTO numbers VALUES (?1)", &[Param::Integer(number)])?;
    Ok(())
}

fn columns_keep_their_types(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        storage.query(
            "CREATE TABLE kinds (i INTEGER, t TEXT NOT NULL, b BLOB, n BLOB)",
            &[],
        )?;
        for (integer, text, blob) in [(0, "", &b""[..]), (-7, "5", b"\0\xff"), (1, "ä\0🦀", b"x")]
        {
            storage.query(
                "INSERT INTO kinds VALUES (?1, ?2, ?3, ?4)",
                &[
                    Param::Integer(integer),
                    Param::Text(text),
                    Param::Blob(blob),
                    Param::Null,
                ],
            )?;
            let row = storage.query("SELECT * FROM kinds", &[])?.pop();
            let expected = vec![
                SqlValue::Integer(integer),
                SqlValue::Text(text.to_owned()),
                SqlValue::Blob(blob.to_owned()),
                SqlValue::Null,
            ];
            same(&row, &Some(expected))?;
        }
        Ok(())
    })
}

fn integers_are_exact(storage: &dyn Storage) -> Verdict {
    const SAFE: i64 = (1 << 53) - 1;
    within(storage, || {
        storage.query("CREATE TABLE numbers (n INTEGER NOT NULL)", &[])?;
        for number in [0, -1, SAFE, -SAFE, SAFE + 2, -SAFE - 2, i64::MAX, i64::MIN] {
            insert(storage, number)?;
            let rows = storage.query(
                "SELECT typeof(n), CAST(n AS TEXT) FROM numbers WHERE n = ?1",
                &[Param::Integer(number)],
            )?;
            let text = |text: &str| SqlValue::Text(text.to_owned());
            let expected = vec![vec![text("integer"), text(&number.to_string())]];
            same(&rows, &expected)?;
            // As a number it is exact too, or no integer.
            let read = storage.query(
                "SELECT n FROM numbers WHERE n = ?1",
                &[Param::Integer(number)],
            )?;
            let inexact =
                number.unsigned_abs() > SAFE as u64 && read == [[SqlValue::Real(number as f64)]];
            check(inexact || read == [[SqlValue::Integer(number)]], || {
                format!("{number} was read as {read:?}")
            })?;
        }
        Ok(())
    })
}

fn transactions_nest(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        storage.query("DELETE FROM numbers", &[])?;
        insert(storage, 1)?;
        let undone = storage.transaction(&mut || {
            let inner = within(storage, || insert(storage, 2));
            match inner.and_then(|()| same(&count(storage)?, &2)) {
                Ok(()) => End::Rollback,
                Err(_) => End::Commit,
            }
        });
        same(&undone?, &End::Rollback)?;
        same(&count(storage)?, &1)?;
        within(storage, || insert(storage, 3))?;
        same(&count(storage)?, &2)
    })?;
    let undone = storage.transaction(&mut || match insert(storage, 4) {
        Ok(()) => End::Rollback,
        Err(_) => End::Commit,
    });
    same(&undone?, &End::Rollback)?;
    within(storage, || same(&count(storage)?, &2))
}

fn a_changed_row_is_returned(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        let delete = "DELETE FROM numbers WHERE n = 1 RETURNING 1";
        same(&storage.query(delete, &[])?, &[[SqlValue::Integer(1)]])?;
        same(&storage.query(delete, &[])?.len(), &0)
    })?;
    within(storage, || same(&count(storage)?, &1))
}

fn mistakes_leave_the_transaction_standing(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        for (mistake, kind) in [
            ("SELEC 1", SqlErrorKind::Statement),
            ("SELECT * FROM nowhere", SqlErrorKind::Statement),
            (
                "INSERT INTO numbers VALUES (NULL)",
                SqlErrorKind::Constraint,
            ),
        ] {
            let error = match storage.query(mistake, &[]) {
                Ok(rows) => return Err(Failure(format!("{mistake}: {rows:?}"))),
                Err(error) => error,
            };
            same(&error.kind, &kind)?;
            check(storage.stands(), || format!("lost by {error}"))?;
        }
        insert(storage, 5)
    })?;
    within(storage, || same(&count(storage)?, &2))
}

fn a_row_has_a_limit(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        storage.query("CREATE TABLE large (b BLOB)", &[])?;
        let insert = "INSERT INTO large VALUES (?1)";
        storage.query(insert, &[Param::Blob(&vec![1; 2_000_000])])?;
        match storage.query(insert, &[Param::Blob(&vec![1; 2_000_001])]) {
            Ok(_) => Err(Failure("a row over the limit was taken".to_owned())),
            Err(error) => contains(&error.to_string(), "over the limit of 2000000"),
        }
    })
}

fn the_users_rows_have_names(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        storage.run("CREATE TABLE mine (a INTEGER, b)", &[], Rights::Write)?;
        let insert = "INSERT INTO mine VALUES (?1, ?2), (?1 + 1, NULL) RETURNING b AS x, a";
        let params = [Param::Integer(1), Param::Real(0.5)];
        let answer = storage.run(insert, &params, Rights::Write)?;
        same(&answer.columns, &["x", "a"])?;
        let (half, one) = (SqlValue::Real(0.5), SqlValue::Integer(1));
        same(
            &answer.rows,
            &[[half, one], [SqlValue::Null, SqlValue::Integer(2)]],
        )?;
        let answer = storage.run("SELECT a FROM mine WHERE a > 9", &[], Rights::Read)?;
        same(&(answer.columns.len(), answer.rows.len()), &(1, 0))?;
        let explain = "EXPLAIN QUERY PLAN DELETE FROM mine WHERE a = 1";
        check(
            !storage.run(explain, &[], Rights::Explain)?.rows.is_empty(),
            || "nothing was explained".to_owned(),
        )
    })
}

fn what_may_only_read_writes_nothing(storage: &dyn Storage) -> Verdict {
    for rights in [Rights::Read, Rights::Explain] {
        let insert = "INSERT INTO mine VALUES (7, 7)";
        let mut told = None;
        let ended = storage.transaction(&mut || {
            told = storage.run(insert, &[], rights).err();
            End::Commit
        });
        check(told.is_some(), || {
            "what may only read was let write".to_owned()
        })?;
        if ended.is_err() {
            // It has ended the transaction, and the turn: nothing of it stays.
            return check(!storage.stands(), || "lost, and it stands".to_owned());
        }
    }
    Ok(())
}

/// Without a transaction around it, in a turn of its own.
fn what_reads_alone_writes_nothing(storage: &dyn Storage) -> Verdict {
    let mut read = Vec::new();
    storage.reading(&mut || {
        let query = storage.query("SELECT count(*) FROM mine", &[]);
        let run = storage.run("SELECT count(*) FROM mine", &[], Rights::Read);
        read.extend(query.into_iter().chain(run.map(|answer| answer.rows)));
    })?;
    same(&read, &[[[SqlValue::Integer(2)]], [[SqlValue::Integer(2)]]])?;
    let mut told = None;
    // It is lost where what was written could not be undone without that.
    let _ = storage.reading(&mut || {
        told = storage
            .run("INSERT INTO mine VALUES (7, 7)", &[], Rights::Read)
            .err();
    });
    check(told.is_some(), || {
        "what may only read was let write".to_owned()
    })
}

/// In a turn of its own, as the one before may be lost.
fn what_it_wrote_is_not_there(storage: &dyn Storage) -> Verdict {
    within(storage, || {
        let rows = storage.query("SELECT count(*) FROM mine", &[])?;
        same(&rows, &[[SqlValue::Integer(2)]])
    })
}
