//! An order, wherever the process dies.

use api_client::{ApiClient, Became, Order};
use lumenize::testing::{Asked, Served, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A server that keeps each order under its key.
fn serve(world: &mut World) -> Rc<RefCell<BTreeMap<String, Order>>> {
    let taken: Rc<RefCell<BTreeMap<String, Order>>> = Rc::default();
    let takes = Rc::clone(&taken);
    world.serve(move |asked: &Asked| {
        let key = asked.request.headers()["idempotency-key"].to_str().unwrap();
        let order: Order = serde_json::from_slice(asked.request.body()).unwrap();
        takes.borrow_mut().insert(key.to_owned(), order);
        Served::status(200, "taken")
    });
    taken
}

#[test]
fn an_order_is_taken_once_wherever_the_process_dies() {
    let order = Order {
        number: 7,
        amount: 120,
    };
    let tried = World::crash_everywhere(
        1,
        |world| {
            let place = ApiClient::c().place("https://shop.example.com", order.clone());
            world.object("main").run(place).unwrap();
        },
        |world| {
            let taken = serve(world);
            world.lose_fetches(30);
            world.run_until_idle().unwrap();
            let entries = world.object("main").run(ApiClient::c().entries()).unwrap();
            let [entry] = entries.as_slice() else {
                panic!("{entries:?}");
            };
            let answered = matches!(&entry.became, Became::Answered { status: 200, .. });
            let taken: Vec<Order> = taken.borrow().values().cloned().collect();
            (answered, taken)
        },
    );
    assert!(tried.unwrap() >= 2);
}
