//! What a file is, told by its bytes. What the client says of it is not believed.

use super::FileName;

/// Bytes from which a file's type is told.
pub(super) const HEAD: usize = 8192;

/// What is none of the types below.
const UNKNOWN: &str = "application/octet-stream";

/// The media type that the first [`HEAD`] bytes show. Text is what is UTF-8 without controls; which kind of it says the name.
pub(super) fn of(head: &[u8], name: &FileName) -> &'static str {
    match infer::get(head).map(|kind| kind.mime_type()) {
        Some("application/zip") => office(head).unwrap_or("application/zip"),
        Some(found) => found,
        None if Text::default().goes_on(head) => match name.ending().as_str() {
            "md" | "markdown" => "text/markdown",
            "csv" => "text/csv",
            _ => "text/plain",
        },
        None => UNKNOWN,
    }
}

/// Which office document a ZIP archive is: the folder that one of its first entries lies in.
fn office(head: &[u8]) -> Option<&'static str> {
    let names: Vec<&[u8]> = head
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == b"PK\x03\x04")
        .filter_map(|(at, _)| head.get(at + 30..))
        .collect();
    let any = |prefix: &[u8]| names.iter().any(|name| name.starts_with(prefix));
    if !any(b"[Content_Types].xml") && !any(b"_rels/") {
        return None;
    }
    [
        (&b"word/"[..], "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ]
    .into_iter()
    .find_map(|(prefix, media_type)| any(prefix).then_some(media_type))
}

/// Whether what passes by is UTF-8 text: a character may lie across two pieces.
#[derive(Default)]
pub(super) struct Text {
    cut: Vec<u8>,
}

impl Text {
    /// Whether it is still text with this piece.
    pub(super) fn goes_on(&mut self, piece: &[u8]) -> bool {
        let mut joined = std::mem::take(&mut self.cut);
        let piece = if joined.is_empty() {
            piece
        } else {
            joined.extend_from_slice(piece);
            &joined
        };
        let whole = match std::str::from_utf8(piece) {
            Ok(whole) => whole,
            Err(error) if error.error_len().is_none() => {
                let (whole, rest) = piece.split_at_checked(error.valid_up_to()).unwrap_or_default();
                self.cut = rest.to_vec();
                std::str::from_utf8(whole).unwrap_or_default()
            }
            Err(_) => return false,
        };
        whole.bytes().all(|byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0C'))
    }

    /// Whether it did not end within a character.
    pub(super) fn is_whole(&self) -> bool {
        self.cut.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ZIP archive's local headers with these names, nothing in them.
    fn zip(names: &[&str]) -> Vec<u8> {
        let entry = |name: &&str| {
            let mut header = b"PK\x03\x04".to_vec();
            header.resize(26, 0);
            header.extend((name.len() as u16).to_le_bytes());
            header.extend([0, 0]);
            header.extend(name.bytes());
            header
        };
        names.iter().flat_map(entry).collect()
    }

    #[test]
    fn bytes_say_what_a_file_is() {
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let odt = [&zip(&["mimetype"])[..], b"application/vnd.oasis.opendocument.text"].concat();
        let cases: [(&[u8], &str, &str); 14] = [
            (b"%PDF-1.7\n", "report.docx", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n", "x", "image/png"),
            (&zip(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]), "x.zip", docx),
            (&zip(&["_rels/.rels", "docProps/app.xml", "docProps/core.xml", "a", "word/document.xml"]), "x", docx),
            (&zip(&["words/document.xml", "_rels/.rels"]), "x.docx", "application/zip"),
            (&odt, "x", "application/vnd.oasis.opendocument.text"),
            (b"MZ\x90\x00", "x.pdf", "application/vnd.microsoft.portable-executable"),
            (b"<!DOCTYPE html><script>", "x.pdf", "text/html"),
            (b"# Title\n", "README.md", "text/markdown"),
            (b"a,b\r\n1,2\r\n", "table.CSV", "text/csv"),
            ("تقرير".as_bytes(), "x", "text/plain"),
            (b"text\x00", "x.txt", UNKNOWN),
            (b"latin1 \xe9 text", "x.txt", UNKNOWN),
            (b"cut off \xd8", "x.txt", "text/plain"),
        ];
        for (head, name, expected) in cases {
            assert_eq!(of(head, &FileName::of(name)), expected, "{name} {:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_character_may_lie_across_pieces() {
        let mut text = Text::default();
        for byte in "a€𝄞".bytes() {
            assert!(text.goes_on(&[byte]));
        }
        assert!(text.is_whole());
        assert!(text.goes_on(b"\xe2\x82") && !text.is_whole());
        assert!(!text.goes_on(b"x"));
    }
}
