//! What stored work refers to does not change unseen.

use task_scheduler::TaskScheduler;

#[test]
fn stored_work_stays_readable() {
    lumenize::testing::assert_lock!(TaskScheduler);
}
