//! Who asks.

use crate::directory::{NotFound, User, UserAndOrg, UserDirectory};
use crate::timeline::say;
use lumenize::prelude::*;

/// What a call was for: it waits with the call, and is there when the answer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Who was asked for.
    user_id: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visit {
    /// The user who was asked for, and is this one.
    Known(String, User),
    /// A user with an organisation.
    Combined(UserAndOrg),
    /// The user who was asked for is not known; these are.
    Unknown(NotFound),
    /// Something else went wrong.
    Failed(CallError),
}

/// Asks the directory for those who come.
pub struct Reception {
    svc: Services<Self>,
}

#[durable_object]
impl Reception {
    /// An object with this name.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Asks for a user. The answer is handled when it comes, in a transaction of its own.
    pub fn call_remote(&mut self, user_id: String) -> Result<CallId> {
        say(&self.svc, "call_remote", &user_id);
        let context = Context {
            user_id: user_id.clone(),
        };
        Ok(self
            .svc
            .call("directory", UserDirectory::c().get_user_data(user_id))
            .on_success(|user| Self::c().handle_user_data(user, context.clone()))
            .on_error(|error| Self::c().handle_error(error, context))
            .send()?)
    }

    /// Asks for a user and an organisation at once: one call, whose arguments are calls.
    pub fn call_nested(&mut self, user: String, org: String) -> Result<CallId> {
        say(&self.svc, "call_nested", &format!("{user} and {org}"));
        let context = Context {
            user_id: user.clone(),
        };
        let remote = UserDirectory::c().combine(
            UserDirectory::c().get_user_data(user),
            UserDirectory::c().get_org_data(org),
        );
        Ok(self
            .svc
            .call("directory", remote)
            .on_success(|combined| Self::c().handle_combined(combined))
            .on_error(|error| Self::c().handle_error(error, context))
            .send()?)
    }

    fn handle_user_data(&mut self, user: User, context: Context) -> Result<()> {
        say(
            &self.svc,
            "handle_user_data",
            &format!("{} is {}", context.user_id, user.name),
        );
        self.note(Visit::Known(context.user_id, user))
    }

    fn handle_combined(&mut self, combined: UserAndOrg) -> Result<()> {
        let UserAndOrg { user, org } = &combined;
        say(
            &self.svc,
            "handle_combined",
            &format!("{} of {}", user.name, org.name),
        );
        self.note(Visit::Combined(combined))
    }

    fn handle_error(&mut self, error: CallError, context: Context) -> Result<()> {
        let code = error.code().unwrap_or("no code");
        say(
            &self.svc,
            "handle_error",
            &format!("{}: {code}: {error}", context.user_id),
        );
        self.note(match error.details()? {
            Some(not_found) => Visit::Unknown(not_found),
            None => Visit::Failed(error),
        })
    }

    /// What came of all calls, in the order in which it came.
    pub fn visits(&self) -> Result<Vec<Visit>> {
        Ok(self.svc.get("visits")?.unwrap_or_default())
    }

    #[handler(skip)]
    fn note(&mut self, visit: Visit) -> Result<()> {
        let mut visits = self.visits()?;
        visits.push(visit);
        Ok(self.svc.put("visits", &visits)?)
    }
}
