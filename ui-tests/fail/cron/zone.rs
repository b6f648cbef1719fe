use lumenize::prelude::*;

// The feature `timezone` is off here.
fn main() {
    let _ = cron!("0 9 * * *", "Europe/Berlin");
}
