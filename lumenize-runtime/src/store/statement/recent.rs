//! The statements that ran a moment ago: a handler has a few, and to read one takes longer than to find it.

use super::{Statement, StatementError};
use std::cell::RefCell;
use std::rc::Rc;

/// How many are kept, and how long each may be, in bytes.
const MOST: usize = 64;
const LONGEST: usize = 2_048;

#[derive(Default)]
struct Recent {
    /// By the text as it was given.
    statements: Vec<(Box<str>, Rc<Statement>)>,
    /// The place of the next one, once there is no room.
    oldest: usize,
}

thread_local! {
    /// A statement is the same for all objects, and tells nothing of them.
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// A statement that has passed the rules, as [`Statement::parse`] reads it.
///
/// # Errors
/// As there.
pub(crate) fn parsed(sql: &str) -> Result<Rc<Statement>, StatementError> {
    let known = RECENT.with_borrow(|recent| {
        let mut statements = recent.statements.iter();
        let found = statements.find(|(text, _)| **text == *sql);
        found.map(|(_, statement)| Rc::clone(statement))
    });
    if let Some(statement) = known {
        return Ok(statement);
    }
    let statement = Rc::new(Statement::parse(sql)?);
    if sql.len() <= LONGEST {
        let known = (sql.into(), Rc::clone(&statement));
        RECENT.with_borrow_mut(|recent| {
            if recent.statements.len() < MOST {
                recent.statements.push(known);
                return;
            }
            let place = recent.oldest;
            recent.oldest = (place + 1) % MOST;
            if let Some(oldest) = recent.statements.get_mut(place) {
                *oldest = known;
            }
        });
    }
    Ok(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_once_and_what_is_refused_each_time() {
        let sql = "SELECT a FROM t WHERE b = ?";
        let first = parsed(sql).unwrap();
        assert!(Rc::ptr_eq(&first, &parsed(sql).unwrap()));
        assert!(!Rc::ptr_eq(&first, &parsed(&format!("{sql} ")).unwrap()));
        for _ in 0..2 {
            assert_eq!(
                parsed("COMMIT").unwrap_err(),
                Statement::parse("COMMIT").unwrap_err()
            );
        }
    }

    #[test]
    fn so_many_are_kept_the_last_ones_and_none_that_is_long() {
        let sql = |number: usize| format!("SELECT {number}");
        let all: Vec<_> = (0..3 * MOST)
            .map(|number| parsed(&sql(number)).unwrap())
            .collect();
        let is_kept = |number: usize| Rc::strong_count(&all[number]) == 2;
        assert!((0..2 * MOST).all(|number| !is_kept(number)));
        assert!((2 * MOST..3 * MOST).all(is_kept));
        assert!(Rc::ptr_eq(
            &all[3 * MOST - 1],
            &parsed(&sql(3 * MOST - 1)).unwrap()
        ));
        let long = format!("SELECT '{}'", "x".repeat(LONGEST));
        assert_eq!(Rc::strong_count(&parsed(&long).unwrap()), 1);
    }
}
