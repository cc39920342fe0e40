//! head
mod buffer;
mod value;
