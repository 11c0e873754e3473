//! Countries: ISO 3166-1 codes, and the region that the United Nations' M49 puts them in.
//!
//! Codes come from the crate `rust_iso3166`. The regions are our own table: the crates that have one file M49's gaps
//! (Taiwan and Antarctica have no region there) or misplace outlying islands, and statistics must add up to M49's.

use crate::word_enum;

word_enum! {
    /// A region of UN M49 (Standard country or area codes for statistical use).
    pub enum Region {
        /// M49 002.
        Africa = "africa",
        /// M49 019.
        Americas = "americas",
        /// M49 142.
        Asia = "asia",
        /// M49 150.
        Europe = "europe",
        /// M49 009.
        Oceania = "oceania",
    }
}

const AFRICA: &str = "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW MZ \
    NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW";
const AMERICAS: &str = "AG AI AR AW BB BL BM BO BQ BR BS BV BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GS GT GY HN HT JM KN KY LC \
    MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI";
const ASIA: &str = "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK \
    PS QA SA SG SY TH TJ TL TM TR UZ VN YE";
const EUROPE: &str = "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT \
    NL NO PL PT RO RS RU SE SI SJ SK SM UA VA";
const OCEANIA: &str = "AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS";

impl Region {
    /// The region of an alpha-2 code; `None` where M49 has none (`TW`, `AQ`) or the code is unknown.
    pub fn of(alpha2: &str) -> Option<Self> {
        let table = [
            (AFRICA, Self::Africa),
            (AMERICAS, Self::Americas),
            (ASIA, Self::Asia),
            (EUROPE, Self::Europe),
            (OCEANIA, Self::Oceania),
        ];
        table.into_iter().find(|(codes, _)| codes.split(' ').any(|code| code == alpha2)).map(|(_, region)| region)
    }
}

/// The alpha-2 code that an alpha-2 or alpha-3 code in any case stands for; `None` where ISO 3166-1 has neither.
pub fn alpha2(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    match code.len() {
        2 => rust_iso3166::from_alpha2(&code),
        3 => rust_iso3166::from_alpha3(&code),
        _ => None,
    }
    .map(|country| country.alpha2.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_one_region_but_those_that_m49_leaves_out() {
        let without: Vec<_> = rust_iso3166::ALL.iter().filter(|c| Region::of(c.alpha2).is_none()).map(|c| c.alpha2).collect();
        assert_eq!(without, ["AQ", "TW"]);
        let listed = [AFRICA, AMERICAS, ASIA, EUROPE, OCEANIA].join(" ");
        let mut codes: Vec<_> = listed.split(' ').collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "a country stands in two regions");
        assert!(codes.iter().all(|code| alpha2(code).as_deref() == Some(code)), "the table has a code that ISO 3166-1 has not");
    }

    #[test]
    fn codes_are_read_in_both_lengths_and_any_case() {
        assert_eq!(alpha2("fra").as_deref(), Some("FR"));
        assert_eq!(alpha2(" de ").as_deref(), Some("DE"));
        for no in ["ROM", "MTG", "SCG", "XX", "", "France"] {
            assert_eq!(alpha2(no), None, "{no}");
        }
    }
}
