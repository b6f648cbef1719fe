//! Empty: everything is in `tests/ui.rs`, `pass/` and `fail/`.
