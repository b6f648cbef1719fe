use lumenize::durable_object;

pub struct Object;

#[durable_object]
impl Clone for Object {
    fn clone(&self) -> Self {
        Object
    }
}

fn main() {
    let _ = Object.clone();
}
