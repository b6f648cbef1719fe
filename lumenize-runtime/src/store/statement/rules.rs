//! What a statement may be. Everything that is not known to be harmless is refused.

use super::tokens::{Kind, Token};
use super::{Effect, StatementError};

const TRANSACTION: &str = "a handler runs in the engine's transaction, which ends with it; return an \
                           error to undo what it wrote";
const FILES: &str = "an object has one database";
const SETTINGS: &str = "the database's settings are the engine's";
const MAINTENANCE: &str = "it concerns the whole database, the engine's tables too";
const TEMPORARY: &str = "Cloudflare has no temporary tables; use a common table expression, or a \
                         table and DELETE";
const UNKNOWN: &str = "a statement begins with SELECT, VALUES, WITH, INSERT, REPLACE, UPDATE, \
                       DELETE, CREATE, ALTER, DROP or EXPLAIN";
const ROLLBACK: &str = "it would undo the whole transaction, other work's too; use ABORT, or quote \
                        the name";
const DEFERRED: &str = "it would fail at the commit, which other work shares; leave it immediate";
const MODULE: &str = "the virtual tables that Cloudflare has are fts5, fts5vocab and rtree";

/// The tokens of the one statement, without the semicolons at its end, and what it does.
pub(super) fn apply<'t, 's>(
    tokens: &'t [Token<'s>],
) -> Result<(&'t [Token<'s>], Effect), StatementError> {
    let statement = one(tokens)?;
    for token in statement {
        if let Some(name) = name(token).filter(|name| is_reserved(name)) {
            return Err(StatementError::Reserved { name });
        }
        if token.is("ROLLBACK") {
            // A clause (OR ROLLBACK, ON CONFLICT ROLLBACK, RAISE(ROLLBACK, ..)) has it without quotes.
            return Err(refused(token, verb_reason(statement).unwrap_or(ROLLBACK)));
        }
    }
    for pair in statement.windows(2) {
        if let [first, second] = pair
            && first.is("INITIALLY")
            && second.is("DEFERRED")
        {
            return Err(refused(second, DEFERRED));
        }
    }
    Ok((statement, effect(statement)?))
}

/// The first statement, if it is the only one.
fn one<'t, 's>(tokens: &'t [Token<'s>]) -> Result<&'t [Token<'s>], StatementError> {
    let end = match is_trigger(tokens) {
        true => trigger_end(tokens),
        false => tokens
            .iter()
            .position(|token| token.kind == Kind::Semicolon),
    };
    let (statement, rest) = match end.and_then(|end| tokens.split_at_checked(end)) {
        Some(parts) => parts,
        None => (tokens, &[][..]),
    };
    let other = rest.iter().find(|token| token.kind != Kind::Semicolon);
    match (statement, other) {
        ([], _) => Err(StatementError::Empty),
        (_, Some(other)) => Err(StatementError::Several { at: other.start }),
        (_, None) => Ok(statement),
    }
}

/// `CREATE [TEMP] TRIGGER`, whose statements end with semicolons of their own.
fn is_trigger(tokens: &[Token<'_>]) -> bool {
    match tokens {
        [create, trigger, ..] if create.is("CREATE") && trigger.is("TRIGGER") => true,
        [create, temporary, trigger, ..] => {
            create.is("CREATE")
                && (temporary.is("TEMP") || temporary.is("TEMPORARY"))
                && trigger.is("TRIGGER")
        }
        _ => false,
    }
}

/// Where a trigger has ended: behind the END that follows a semicolon, which no statement begins
/// with (the END of a CASE follows an expression). Without one, SQLite takes the text for no
/// statement at all and runs none of it.
fn trigger_end(tokens: &[Token<'_>]) -> Option<usize> {
    let end = tokens.windows(2).position(
        |pair| matches!(pair, [before, end] if before.kind == Kind::Semicolon && end.is("END")),
    );
    end.map(|place| place + 2)
}

fn effect(statement: &[Token<'_>]) -> Result<Effect, StatementError> {
    let Some(first) = statement.first() else {
        return Err(StatementError::Empty);
    };
    let Kind::Word(word) = first.kind else {
        return Err(refused(first, UNKNOWN));
    };
    match word.to_ascii_uppercase().as_str() {
        "SELECT" | "VALUES" => Ok(Effect::Reads),
        "INSERT" | "REPLACE" | "UPDATE" | "DELETE" => Ok(Effect::ChangesRows),
        "WITH" => effect_of_with(statement),
        "EXPLAIN" => explained(statement),
        "CREATE" => created(statement),
        "DROP" | "ALTER" => Ok(Effect::ChangesTables),
        _ => Err(refused(first, verb_reason(statement).unwrap_or(UNKNOWN))),
    }
}

/// Whether it is an `INSERT` of one row by `VALUES`, whatever is to be done on a conflict.
pub(super) fn inserts_one(statement: &[Token<'_>]) -> bool {
    let values = statement.iter().position(|token| token.is("VALUES"));
    let Some((head, [_, values @ ..])) = values.and_then(|at| statement.split_at_checked(at))
    else {
        return false;
    };
    let is_plain = head.first().is_some_and(|first| first.is("INSERT"))
        && !head.iter().any(|token| token.is("SELECT"));
    let one = |rest: &[Token<'_>]| {
        rest.first()
            .is_none_or(|next| next.is("ON") || next.is("RETURNING"))
    };
    is_plain && group(values).is_some_and(one)
}

/// Why a statement that begins like this is refused, if it is one of SQLite's.
fn verb_reason(statement: &[Token<'_>]) -> Option<&'static str> {
    const REASONS: [(&str, &[&str]); 4] = [
        (
            TRANSACTION,
            &["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"],
        ),
        (FILES, &["ATTACH", "DETACH"]),
        (SETTINGS, &["PRAGMA"]),
        (MAINTENANCE, &["VACUUM", "ANALYZE", "REINDEX"]),
    ];
    let first = statement.first()?;
    let mut reasons = REASONS.iter();
    reasons
        .find(|(_, verbs)| verbs.iter().any(|verb| first.is(verb)))
        .map(|(reason, _)| *reason)
}

/// `EXPLAIN [QUERY PLAN]` of a statement that may run.
fn explained(statement: &[Token<'_>]) -> Result<Effect, StatementError> {
    let of = match statement {
        [_, query, plan, of @ ..] if query.is("QUERY") && plan.is("PLAN") => of,
        [_, of @ ..] => of,
        [] => &[],
    };
    match of.first() {
        Some(again) if again.is("EXPLAIN") => Err(refused(again, "it is explained already")),
        _ => effect(of).map(|_| Effect::Explains),
    }
}

fn created(statement: &[Token<'_>]) -> Result<Effect, StatementError> {
    match statement {
        [_, temporary, ..] if temporary.is("TEMP") || temporary.is("TEMPORARY") => {
            Err(refused(temporary, TEMPORARY))
        }
        [_, kind, rest @ ..] if kind.is("VIRTUAL") => {
            // USING is no name unless it is quoted, so the first one is the keyword.
            let using = rest.iter().position(|token| token.is("USING"));
            let module = using.and_then(|using| rest.get(using + 1));
            let known = |name: String| MODULES.iter().any(|known| name.eq_ignore_ascii_case(known));
            match module {
                Some(module) if !name(module).is_some_and(known) => Err(refused(module, MODULE)),
                _ => Ok(Effect::ChangesTables),
            }
        }
        _ => Ok(Effect::ChangesTables),
    }
}

/// The modules of virtual tables that workerd's authorizer allows.
pub(crate) const MODULES: [&str; 4] = ["fts5", "fts5vocab", "rtree", "rtree_i32"];

/// `WITH [RECURSIVE] name [(columns)] AS [[NOT] MATERIALIZED] (..), ..`, then what counts. None of the
/// parts in parentheses can write.
fn effect_of_with(statement: &[Token<'_>]) -> Result<Effect, StatementError> {
    let mut rest = match statement {
        [_, recursive, rest @ ..] if recursive.is("RECURSIVE") => rest,
        [_, rest @ ..] => rest,
        [] => &[],
    };
    loop {
        let body = table_head(rest).and_then(group);
        match body {
            Some([comma, more @ ..]) if comma.kind == Kind::Comma => rest = more,
            Some(main @ [first, ..]) if !first.is("WITH") && !first.is("EXPLAIN") => {
                return match effect(main)? {
                    Effect::ChangesTables => Err(refused(first, "WITH takes no such statement")),
                    effect => Ok(effect),
                };
            }
            _ => {
                let at = rest.first().map_or(0, |token| token.start);
                let reason = "WITH takes `name AS (SELECT ..)`, then a statement";
                return Err(StatementError::Malformed { at, reason });
            }
        }
    }
}

/// What follows `name [(columns)] AS [[NOT] MATERIALIZED]`.
fn table_head<'t, 's>(tokens: &'t [Token<'s>]) -> Option<&'t [Token<'s>]> {
    let (first, rest) = tokens.split_first()?;
    name(first)?;
    let rest = match rest.first()?.kind {
        Kind::Open => group(rest)?,
        _ => rest,
    };
    match rest {
        [a, not, materialized, rest @ ..]
            if a.is("AS") && not.is("NOT") && materialized.is("MATERIALIZED") =>
        {
            Some(rest)
        }
        [a, materialized, rest @ ..] if a.is("AS") && materialized.is("MATERIALIZED") => Some(rest),
        [a, rest @ ..] if a.is("AS") => Some(rest),
        _ => None,
    }
}

/// What follows a group in parentheses, with which the tokens begin.
fn group<'t, 's>(tokens: &'t [Token<'s>]) -> Option<&'t [Token<'s>]> {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (place > 0).then(|| tokens.get(place + 1..)).flatten();
        }
    }
    None
}

/// The name that a token may be, without its quotes. SQLite takes a string for a name where it needs
/// one, so a string counts.
fn name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Word(word) => Some(word.to_owned()),
        Kind::Quoted(quoted) => {
            let mut inner = quoted.chars();
            let (open, _) = (inner.next()?, inner.next_back()?);
            let inner = inner.as_str();
            Some(match open {
                '[' => inner.to_owned(),
                quote => inner.replace(&format!("{quote}{quote}"), &quote.to_string()),
            })
        }
        _ => None,
    }
}

/// Whether only the engine, SQLite or Cloudflare may use a name. SQLite compares names without
/// regard to case, in ASCII alone. `lumenize` by itself would have an FTS5 table make others that
/// begin with the engine's prefix; `pragma_…` are PRAGMAs as functions.
pub(crate) fn is_reserved(name: &str) -> bool {
    let begins = |prefix: &str| {
        let head = name.as_bytes().get(..prefix.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    name.eq_ignore_ascii_case("lumenize")
        || ["lumenize_", "_cf_", "pragma_"]
            .iter()
            .any(|prefix| begins(prefix))
}

fn refused(token: &Token<'_>, reason: &'static str) -> StatementError {
    let what = match token.kind {
        Kind::Word(text) | Kind::Quoted(text) | Kind::Parameter(text) => {
            text.chars().take(40).collect()
        }
        Kind::Semicolon => ";".to_owned(),
        Kind::Open => "(".to_owned(),
        Kind::Close => ")".to_owned(),
        Kind::Comma => ",".to_owned(),
        Kind::Other => "a number, a blob or an operator".to_owned(),
    };
    StatementError::Refused { what, reason }
}
