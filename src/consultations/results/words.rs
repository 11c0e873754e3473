//! Sectors and regions as people read them.

use crate::call::Call;
use crate::consultations::rules::results::Code;
use crate::country::Region;
use crate::locale::Reader;
use crate::picture::words::{Tongue, tongue};

/// Along what contributors are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Sectors.
    Sector,
    /// Regions.
    Region,
}

impl Axis {
    /// As a table says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sector => "sector",
            Self::Region => "region",
        }
    }

    /// The code of those of which it is not known, as in the register's statistics.
    pub fn code(self, code: Code) -> String {
        code.unwrap_or_else(|| {
            match self {
                Self::Sector => "unclassified",
                Self::Region => "unknown",
            }
            .to_owned()
        })
    }

    /// Every code that is listed in any case.
    pub fn listed(self, call: &Call) -> Vec<Code> {
        let codes: Vec<String> = match self {
            Self::Sector => call.sectors.iter().map(|sector| sector.code.clone()).collect(),
            Self::Region => Region::ALL.iter().map(|region| region.as_str().to_owned()).collect(),
        };
        codes.into_iter().map(Some).chain([None]).collect()
    }
}

/// Names codes to a reader.
pub struct Names<'a> {
    call: &'a Call,
    reader: &'a Reader,
    /// In which of the product's languages.
    pub tongue: Tongue,
}

impl<'a> Names<'a> {
    /// To a reader.
    pub fn of(call: &'a Call, reader: &'a Reader) -> Self {
        Self { call, reader, tongue: tongue(reader) }
    }

    /// A sector or region by its code.
    pub fn name(&self, code: &str) -> String {
        let known = self.call.sectors.iter().find(|sector| sector.code == code);
        let (en, fr) = match code {
            "africa" => ("Africa", "Afrique"),
            "americas" => ("Americas", "Amériques"),
            "asia" => ("Asia", "Asie"),
            "europe" => ("Europe", "Europe"),
            "oceania" => ("Oceania", "Océanie"),
            "unclassified" => ("Unclassified", "Non classés"),
            "unknown" => ("Unknown", "Inconnue"),
            other => (other, other),
        };
        known.map_or_else(
            || self.tongue.say(en, fr).to_owned(),
            |sector| sector.name.clone().shown(self.reader).plain().to_owned(),
        )
    }
}
