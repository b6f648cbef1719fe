//! A user's test of the object, without the program around it.

use lumenize::prelude::*;
use lumenize::testing::World;
use task_scheduler::{Due, Plan, Task, TaskScheduler, Way};

#[test]
fn a_task_is_done_once_wherever_the_process_dies() {
    let schedule = |world: &mut World| {
        let (name, fail_times) = ("tidy".to_owned(), 2);
        let plan = Plan {
            task: Task { name, fail_times },
            due: Due::After(Duration::from_secs(60)),
            way: Way::Plain,
            key: None,
        };
        let steps = TaskScheduler::c().schedule(plan);
        world.object("house").run(steps).unwrap();
    };
    let done = |world: &mut World| {
        world.run_until_idle().unwrap();
        assert_eq!(world.object("house").run(TaskScheduler::c().done()), Ok(1));
    };
    assert_eq!(World::crash_everywhere(1, schedule, done), Ok(10));
}
