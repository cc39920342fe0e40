//! The state machine and the pictures: no terminal, no master, no clock.

mod frames;
mod keys;
mod lines;
mod random;
pub(super) mod sample;
