//! Who is asked.

use crate::timeline::say;
use lumenize::prelude::*;

/// The code of the error when there is no such user or organisation; its details are [`NotFound`].
pub const NOT_FOUND: &str = "not_found";

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What the user is known by.
    pub id: String,
    /// What the user is called.
    pub name: String,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// What it is known by.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// Both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserAndOrg {
    /// The user.
    pub user: User,
    /// The organisation.
    pub org: Org,
}

/// What was not found, and what is there instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotFound {
    /// What was asked for.
    pub id: String,
    /// The ids that begin with the same letter.
    pub similar: Vec<String>,
}

/// Knows users and organisations.
pub struct UserDirectory {
    svc: Services<Self>,
}

#[durable_object]
impl UserDirectory {
    /// Prepares its tables.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        for table in ["users", "orgs"] {
            let sql = format!(
                "CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT"
            );
            svc.execute(&sql, ())?;
        }
        Ok(Self { svc })
    }

    /// Adds a user, or gives one another name.
    pub fn add_user(&mut self, user: User) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO users (id, name) VALUES (:id, :name)";
        self.svc.execute(sql, user)?;
        Ok(())
    }

    /// Adds an organisation, or gives one another name.
    pub fn add_org(&mut self, org: Org) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO orgs (id, name) VALUES (:id, :name)";
        self.svc.execute(sql, org)?;
        Ok(())
    }

    /// The user with this id.
    pub fn get_user_data(&self, id: String) -> Result<User> {
        let users: Vec<User> = self
            .svc
            .query("SELECT id, name FROM users WHERE id = ?", (&id,))?;
        let asks = match self.svc.caller() {
            Caller::Object { name, .. } => name,
            other => format!("{other:?}"),
        };
        say(&self.svc, "get_user_data", &format!("{id}, for {asks}"));
        match users.into_iter().next() {
            Some(user) => Ok(user),
            None => Err(self.not_found("users", id)?.into()),
        }
    }

    /// The organisation with this id.
    pub fn get_org_data(&self, id: String) -> Result<Org> {
        let orgs: Vec<Org> = self
            .svc
            .query("SELECT id, name FROM orgs WHERE id = ?", (&id,))?;
        say(&self.svc, "get_org_data", &id);
        match orgs.into_iter().next() {
            Some(org) => Ok(org),
            None => Err(self.not_found("orgs", id)?.into()),
        }
    }

    /// Both as one, so that both can be had by one call.
    pub fn combine(&self, user: User, org: Org) -> UserAndOrg {
        say(
            &self.svc,
            "combine",
            &format!("{} and {}", user.name, org.name),
        );
        UserAndOrg { user, org }
    }

    #[handler(skip)]
    fn not_found(&self, table: &str, id: String) -> Result<ErrorCode> {
        let first: String = id.chars().take(1).collect();
        let sql = format!("SELECT id FROM {table} WHERE substr(id, 1, 1) = ? ORDER BY id LIMIT 5");
        let similar = self.svc.query(&sql, (first,))?;
        let error = ErrorCode::new(NOT_FOUND, format!("there is no {id} among the {table}"));
        Ok(error.with_details(&NotFound { id, similar })?)
    }
}
