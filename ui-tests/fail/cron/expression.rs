use lumenize::prelude::*;

fn main() {
    // A value, in a field among others.
    let _ = cron!("0 25 * * *");
    let _ = cron!("0 9 * * mon-fir");
    let _ = cron!("  30  9  1,15,32  *  *");
    let _ = cron!("0 9 * * 99999999999999999999");
    // A range, a step, a list.
    let _ = cron!("0 18-9 * * *");
    let _ = cron!("*/0 * * * *");
    let _ = cron!("5/10 * * * *");
    let _ = cron!("0 9,,17 * * *");
    let _ = cron!("0 *,9 * * *");
    // Other dialects.
    let _ = cron!("0 9 ? * 1");
    let _ = cron!("0 9 L * *");
    let _ = cron!("0 9 * * mon#2");
    // The fields.
    let _ = cron!("");
    let _ = cron!("0 9 * *");
    let _ = cron!("0 0 9 * * * 2027");
    // No time at all.
    let _ = cron!("@reboot");
    let _ = cron!("@fortnightly");
    let _ = cron!("0 0 31 feb,4 *");
    // Carets stand under characters, not bytes.
    let _ = cron!("0 9 * jän-dez *");
    let _ = cron!("0 9\n* * *");
}
