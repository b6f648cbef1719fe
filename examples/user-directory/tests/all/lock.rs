//! What stored work refers to does not change unseen.

use user_directory::{Account, Reception, UserDirectory};

#[test]
fn stored_work_stays_readable() {
    lumenize::testing::assert_lock!(Account, Reception, UserDirectory);
}
