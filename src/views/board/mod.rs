//! The board: what every group owes, how it does, and what comes next, in one answer and in one picture.

mod picture;
