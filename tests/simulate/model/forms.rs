//! The handlers of a plan.

use crate::program::{Act, Form, Plan, Told, What};

/// The handlers of a plan, in order.
pub(super) fn steps(form: Form) -> Vec<(What, Vec<Told>)> {
    let value = |what, value: i64| (what, vec![Told::Value(Some(value))]);
    let (note, job) = ((What::Note, Vec::new()), (What::Job, Vec::new()));
    match form {
        Form::Plain | Form::Own | Form::Renamed | Form::Grown => vec![job],
        Form::Chain => vec![note.clone(), job, note],
        Form::Pipe(a) => vec![value(What::Value, a), value(What::Keep, a), job],
        Form::Nest(a, b) => vec![
            value(What::Value, a),
            value(What::Value, b),
            value(What::Add, a + b),
            job,
        ],
    }
}

/// Whether it destroys its object, or begets what does.
pub(super) fn destroys(plan: &Plan) -> bool {
    let mut acts = plan.job.acts.iter();
    !plan.is_hopeless()
        && acts.any(|act| match act {
            Act::Destroy => true,
            Act::Schedule(plan) => destroys(plan),
            _ => false,
        })
}
