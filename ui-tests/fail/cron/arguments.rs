use lumenize::prelude::*;

const NINE: &str = "0 9 * * *";

fn main() {
    let _ = cron!();
    let _ = cron!(NINE);
    let _ = cron!(0 9 * * *);
    let _ = cron!("0 9 * * *" "Europe/Berlin");
    let _ = cron!("0 9 * * *", NINE);
    let _ = cron!("0 9 * * *", crate = NINE);
    let _ = cron!("0 9 * * *", crate = "one, two");
    let _ = cron!("0 9 * * *", crate = "::lumenize", "Europe/Berlin");
}
