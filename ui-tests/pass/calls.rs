//! Calls of other objects.

use lumenize::prelude::*;

#[derive(Clone, Serialize, Deserialize)]
pub struct Context {
    user_id: String,
}

#[derive(Serialize, Deserialize)]
pub struct User {
    id: String,
}

#[derive(Serialize, Deserialize)]
pub struct Org {
    id: String,
}

pub struct RemoteDo {
    svc: Services<Self>,
}

#[durable_object]
impl RemoteDo {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn get_user_data(&self, id: String) -> Result<User> {
        let _ = self.svc.caller();
        Ok(User { id })
    }

    pub fn get_org_data(&self, id: String) -> Org {
        Org { id }
    }

    pub fn combine(&self, user: User, org: Org) -> (User, Org) {
        (user, org)
    }

    pub fn nothing(&mut self) {}
}

pub struct TaskScheduler {
    svc: Services<Self>,
}

#[durable_object]
impl TaskScheduler {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn call_remote(&mut self, user_id: String) -> Result<CallId> {
        let context = Context { user_id: user_id.clone() };
        Ok(self.svc
            .call("user-session-123", RemoteDo::c().get_user_data(user_id))
            .on_success(|user| Self::c().handle_user_data(user, context.clone()))
            .on_error(|error| Self::c().handle_error(error, context))
            .send()?)
    }

    pub fn call_nested(&mut self, user: String, org: String) -> Result<CallId> {
        let remote = RemoteDo::c().combine(
            RemoteDo::c().get_user_data(user),
            RemoteDo::c().get_org_data(org),
        );
        Ok(self.svc.call("main", remote).on_success(|c| Self::c().handle_combined(c)).send()?)
    }

    /// All that can be said of a call, and all ways to name the other object.
    pub fn call_with_options(&mut self, name: &String) -> Result<()> {
        let first = self.svc
            .call(name, RemoteDo::c().nothing())
            .timeout(Duration::from_secs(3_600))
            .retry(RetryPolicy::default().attempts(3))
            .named("only")
            .binding("REMOTE")
            .send()?;
        self.svc.call(name.clone(), RemoteDo::c().nothing()).send()?;
        self.svc.call(Instance::id("00"), RemoteDo::c().nothing()).send()?;
        let own = self.svc.name().to_owned();
        self.svc.call(own, Self::c().call_nested("a", "b")).on_success(|id| Self::c().cancel(id)).send()?;
        self.svc.calls.cancel(first)?;
        Ok(())
    }

    /// A placeholder twice, beside the result of a step, and in a nest; and none of the result.
    pub fn call_with_handlers(&mut self) -> Result<()> {
        self.svc
            .call("main", RemoteDo::c().get_user_data("a"))
            .on_success(|user| {
                Self::c()
                    .id_of(user)
                    .then(|id| Self::c().two(id, Self::c().id_of(user)))
                    .two(Self::c().id_of(user), "b")
            })
            .send()?;
        self.svc.call("main", RemoteDo::c().nothing()).on_success(|_| Self::c().done()).send()?;
        Ok(())
    }

    pub fn cancel(&mut self, id: CallId) -> Result<bool> {
        Ok(self.svc.calls.cancel(id)?)
    }

    fn handle_user_data(&mut self, _user: User, _context: Context) {}
    fn handle_combined(&mut self, _combined: (User, Org)) {}
    fn handle_error(&mut self, error: CallError, _context: Context) -> Result<()> {
        let _: Option<User> = error.details()?;
        Ok(())
    }
    fn id_of(&self, user: User) -> String {
        user.id
    }
    fn two(&mut self, _one: String, _other: String) {}
    fn done(&mut self) {}
}

fn main() {}
