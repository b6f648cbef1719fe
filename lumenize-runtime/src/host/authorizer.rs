//! The second lock on the user's SQL, where there is an authorizer: SQLite asks it of everything that
//! a statement is compiled to do. What is not known to be harmless is denied, and so is whatever
//! Cloudflare's SQLite denies or limits, so that what runs here runs there.

use super::Rights;
use crate::store::statement::{MODULES, is_reserved};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Whose statement is compiled now. It is asked again when a statement that runs is compiled anew,
/// and for what a virtual table runs on its own.
pub(super) struct Authorizer(Arc<AtomicU8>);

const ENGINE: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;

/// While it lives, statements are held to the user's rights.
pub(super) struct Held<'a>(&'a AtomicU8);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.store(ENGINE, Ordering::Relaxed);
    }
}

impl Authorizer {
    /// Installs it, once for each connection, with the limits that Cloudflare's SQLite has
    /// (`setupSecurity` in workerd's `util/sqlite.c++`).
    pub(super) fn install(connection: &mut Connection) -> Result<Self> {
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_LENGTH, 2_200_000),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
            (Limit::SQLITE_LIMIT_COLUMN, 100),
            (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
            (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
            (Limit::SQLITE_LIMIT_FUNCTION_ARG, 127),
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
            (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
        ] {
            connection.set_limit(limit, value)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let whose = Arc::new(AtomicU8::new(ENGINE));
        let asked = Arc::clone(&whose);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            let allowed = match asked.load(Ordering::Relaxed) {
                ENGINE => true,
                whose => allows(&context, whose == WRITE),
            };
            match allowed {
                true => Authorization::Allow,
                false => Authorization::Deny,
            }
        }))?;
        Ok(Self(whose))
    }

    /// Holds what is compiled from now on to these rights, until the answer is dropped.
    pub(super) fn hold_to(&self, rights: Rights) -> Held<'_> {
        let whose = match rights {
            Rights::Read => READ,
            // The statement that is explained is compiled as if it ran.
            Rights::Explain | Rights::Write => WRITE,
        };
        self.0.store(whose, Ordering::Relaxed);
        Held(&self.0)
    }
}

fn allows(context: &AuthContext<'_>, writes: bool) -> bool {
    let main = matches!(context.database_name, None | Some("main"));
    let free = |name: &str| !is_reserved(name);
    match context.action {
        AuthAction::Select | AuthAction::Recursive => true,
        // `temp` is where SQLite keeps the schema of what is temporary; it looks there when it
        // renames.
        AuthAction::Read { table_name, .. } => {
            (main || context.database_name == Some("temp"))
                && (free(table_name) || table_name == "pragma_quick_check")
                && readable(table_name)
        }
        // FTS5 and R*Tree ask by them; the lexer lets nobody else.
        AuthAction::Pragma {
            pragma_name: "data_version" | "page_size",
            pragma_value: None,
        } => true,
        // SQLite checks by it, and by the table above, what a column that is added makes of the rows: in a
        // STRICT table, or with a CHECK or NOT NULL.
        AuthAction::Pragma {
            pragma_name: "quick_check",
            pragma_value: Some(table),
        } => writes && free(table),
        // What stands for the database here is a column, or nothing.
        AuthAction::AlterTable {
            database_name: "main",
            table_name,
        } => writes && free(table_name),
        AuthAction::Function { function_name } => is_known(function_name),
        // A renaming looks into the schema of what is temporary.
        AuthAction::Update {
            table_name: "sqlite_temp_master",
            ..
        } if context.database_name == Some("temp") => writes,
        _ if !main => false,
        // A virtual table that is opened to be read prepares its writes, too. That the statement itself
        // only reads is asked of it when it is run.
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name } => free(table_name),
        _ if !writes => false,
        AuthAction::CreateTable { table_name } | AuthAction::DropTable { table_name } => {
            free(table_name)
        }
        AuthAction::CreateIndex {
            index_name: name,
            table_name,
        }
        | AuthAction::DropIndex {
            index_name: name,
            table_name,
        }
        | AuthAction::CreateTrigger {
            trigger_name: name,
            table_name,
        }
        | AuthAction::DropTrigger {
            trigger_name: name,
            table_name,
        } => free(name) && free(table_name),
        AuthAction::CreateView { view_name } | AuthAction::DropView { view_name } => {
            free(view_name)
        }
        // A new index is filled by it.
        AuthAction::Reindex { index_name } => free(index_name),
        AuthAction::CreateVtable {
            table_name,
            module_name,
        }
        | AuthAction::DropVtable {
            table_name,
            module_name,
        } => {
            free(table_name)
                && MODULES
                    .iter()
                    .any(|known| module_name.eq_ignore_ascii_case(known))
        }
        _ => false,
    }
}

/// Not a table that tells of the file.
fn readable(table: &str) -> bool {
    !["dbstat", "sqlite_dbpage", "sqlite_stmt"]
        .iter()
        .any(|closed| table.eq_ignore_ascii_case(closed))
}

fn is_known(function: &str) -> bool {
    FUNCTIONS.iter().any(|line| {
        line.split(' ')
            .any(|known| known.eq_ignore_ascii_case(function))
    })
}

/// The functions that workerd allows (`ALLOWED_SQLITE_FUNCTIONS` in its `util/sqlite.c++`), but for
/// `load_extension`.
const FUNCTIONS: [&str; 9] = [
    "abs changes char coalesce concat concat_ws format glob hex ifnull iif instr last_insert_rowid \
     length like likelihood likely lower ltrim max_scalar min_scalar nullif octet_length printf quote \
     random randomblob replace round rtrim sign soundex substr substring total_changes trim typeof \
     unhex unicode unlikely upper zeroblob",
    "date time datetime julianday unixepoch strftime timediff current_date current_time \
     current_timestamp",
    "avg count group_concat max min string_agg sum total",
    "row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value",
    "acos acosh asin asinh atan atan2 atanh ceil cos cosh degrees exp floor ln log log2 mod pi pow \
     radians sin sinh sqrt tan tanh trunc",
    "json jsonb json_array jsonb_array json_array_length json_extract jsonb_extract -> ->> json_insert \
     jsonb_insert json_object jsonb_object json_patch jsonb_patch json_remove jsonb_remove \
     json_replace jsonb_replace json_set jsonb_set json_type json_valid json_quote json_group_array \
     jsonb_group_array json_group_object jsonb_group_object json_each json_tree",
    "match highlight bm25 snippet",
    "rtreecheck",
    // ALTER TABLE calls them; SQLite lets nobody else.
    "sqlite_rename_column sqlite_rename_table sqlite_rename_test sqlite_drop_column \
     sqlite_rename_quotefix",
];
