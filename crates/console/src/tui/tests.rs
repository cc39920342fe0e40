//! The state machine and the pictures: no terminal, no master, no clock.

mod frames;
mod keys;
mod random;
pub(super) mod sample;
