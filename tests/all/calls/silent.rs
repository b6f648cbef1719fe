//! A release of the phone that answers nobody.

use lumenize::prelude::*;
use lumenize_tests::phone::{Ask, Phone as Talking};

pub struct Phone {
    svc: Services<Self>,
}

#[durable_object]
impl Phone {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Calls another phone for what this release has not.
    pub fn ring(&mut self, to: String) -> Result<()> {
        self.svc
            .call(to, Talking::c().answer(Ask::Echo("x".to_owned())))
            .on_error(|error| Self::c().refused(error))
            .send()?;
        Ok(())
    }

    fn refused(&mut self, error: CallError) -> Result<()> {
        Ok(self.svc.put("told", &error)?)
    }

    /// What it was told.
    pub fn told(&self) -> Result<Option<CallError>> {
        Ok(self.svc.get("told")?)
    }
}
