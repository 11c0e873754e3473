//! Supporters: the organisations that endorsed the call, and the import of a register.

mod import;
mod rules;

pub use import::{BadLine, Codes, Field, Mapping, Parsed, Remark, Row, Warning, parse as parse_register, refused_csv};
pub use rules::{INTERNATIONAL_ORGANISATION, Status};
