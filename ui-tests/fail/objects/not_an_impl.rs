use lumenize::durable_object;

#[durable_object]
pub struct Object;

#[durable_object]
pub enum Either {}

#[durable_object]
fn start() {}

#[durable_object]
pub trait Starts {}

fn main() {
    let _ = Object;
    start();
}
