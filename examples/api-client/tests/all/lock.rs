//! What stored work refers to does not change unseen.

use api_client::ApiClient;

#[test]
fn stored_work_stays_readable() {
    lumenize::testing::assert_lock!(ApiClient);
}
