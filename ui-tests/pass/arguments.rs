//! What can fill an argument.

use lumenize::prelude::*;

#[derive(Serialize, Deserialize, Default)]
pub struct Task(String);

pub struct Takes {
    svc: Services<Self>,
}

#[durable_object]
impl Takes {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn all(&mut self, text: String, maybe: Option<String>, number: u64, task: Task) -> String {
        let _ = (&self.svc, maybe, number, task);
        text
    }
    pub fn number(&self) -> u64 {
        1
    }
    pub fn task(&self) -> Task {
        Task(String::new())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = String::from("a");
    let _ = Takes::c().all("a", None, 1, Task::default());
    let _ = Takes::c().all(&name, Some(name.clone()), "1".parse::<u64>()?, Task(name.clone()));
    let _ = Takes::c().all(format!("{name}!"), Some("a".into()), u64::from(1u8), Takes::c().task());
    let _ = Takes::c().all(&*name, None, Takes::c().number(), Task(name.clone()));
    let _ = Takes::c().all(name, None, [1, 2].iter().sum::<u64>(), Task::default());
    Ok(())
}
