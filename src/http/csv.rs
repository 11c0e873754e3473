//! CSV for people who open it in a spreadsheet (RFC 4180, UTF-8 with a byte order mark, formulas made harmless).

use crate::error::{Error, Result};
use crate::text::formula_safe;

/// Writes a table. A cell that a spreadsheet would run as a formula gets a leading apostrophe.
pub fn table<R, I>(header: &[&str], rows: R) -> Result<Vec<u8>>
where
    R: IntoIterator<Item = I>,
    I: IntoIterator<Item = String>,
{
    // The mark makes spreadsheets read UTF-8 instead of the machine's code page.
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{FEFF}".as_bytes().to_vec());
    let failed = |e: &dyn std::fmt::Display| Error::Internal(format!("CSV: {e}"));
    writer.write_record(header).map_err(|e| failed(&e))?;
    for row in rows {
        writer.write_record(row.into_iter().map(formula_safe)).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|e| failed(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_escaped_and_quotes_doubled() {
        let rows = ["=1+1", "+a", "-a", "-12", "-1+2", "@a", "a\"b", "São, Paulo"].map(|cell| [cell.to_owned()]);
        let text = String::from_utf8(table(&["name"], rows).unwrap()).unwrap();
        assert_eq!(text, "\u{FEFF}name\r\n'=1+1\r\n'+a\r\n'-a\r\n-12\r\n'-1+2\r\n'@a\r\n\"a\"\"b\"\r\n\"São, Paulo\"\r\n");
    }
}
