use lumenize::prelude::*;

pub struct Told {
    svc: Services<Self>,
}

#[durable_object]
impl Told {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    #[on_failed]
    fn reads(&self, work: FailedWork) {
        let _ = (&self.svc, work);
    }

    #[on_failed(always)]
    fn first(&mut self, work: FailedWork) {
        let _ = work;
    }

    #[on_failed]
    fn second(&mut self, work: FailedWork) -> Result<()> {
        let _ = work;
        Ok(())
    }
}

pub struct Other {
    svc: Services<Self>,
}

#[durable_object]
impl Other {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    #[on_failed]
    fn told(&mut self, work: String) {
        let _ = (&self.svc, work);
    }
}

fn main() {}
