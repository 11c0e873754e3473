//! The sections `[call]`, `[co_chair_rule]`, `[[sectors]]`, `[[kinds]]`, `[[principles]]`, `[[supporters]]` and `[[groups]]`.

use super::read::{self, Claims, Known};
use super::{Call, Coded, Group, Principle, Supporter};
use crate::address;
use crate::call::RuleNumbers;
use crate::groups::{self, Derogation, JoinPolicy, Seat, Violation, Waivable};
use crate::text;
use crate::toml_file::{Table, Value};

pub(super) fn call(root: &Table<'_>) -> Option<Call> {
    let keys = ["slug", "name", "launched_on", "website", "contact_email", "time_zone", "as_of", "locales"];
    let table = root.need("call")?.table(&keys)?;
    let name = table.need("name").and_then(|value| read::name(&value));
    let slug = read::slug(&table, &mut Claims::of("slug"), "name", name.as_deref());
    let launched_on = table.need("launched_on").and_then(|value| value.day());
    let website = table.get("website").and_then(|value| read::url(&value));
    let contact_email = table.need("contact_email").and_then(|value| value.parsed(address::email));
    let time_zone = table.need("time_zone").and_then(|value| read::zone(&value));
    let as_of = table.get("as_of").map_or(launched_on, |value| value.day());
    if let (Some(as_of), Some(launched_on), Some(value)) = (as_of, launched_on, table.get("as_of"))
        && as_of < launched_on
    {
        value.fault("lies before launched_on: nothing of the call stood then");
    }
    let locales = table.need("locales").and_then(|value| locales(&value));
    Some(Call {
        slug: slug?,
        name: name?,
        launched_on: launched_on?,
        website,
        contact_email: contact_email?,
        time_zone: time_zone?,
        as_of: as_of?,
        locales: locales?,
    })
}

fn locales(value: &Value<'_>) -> Option<Vec<String>> {
    // RFC 5646: a language of two or three letters, then what tells its forms apart (pt-BR, zh-Hant).
    let well_formed = |tag: &str| {
        let mut parts = tag.split('-');
        let language =
            parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase()));
        language && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let mut claims = Claims::of("language");
    let mut locales = Vec::new();
    for item in value.items() {
        let tag = item
            .parsed(|tag| if well_formed(tag) { Ok(tag.to_owned()) } else { Err("is no language: write one as en or pt-BR") });
        locales.extend(tag.filter(|tag| claims.claim(&item, tag, tag)));
    }
    if locales.is_empty() && !value.is_faulty() { value.refuse("is empty: name at least one language") } else { Some(locales) }
}

pub(super) fn rule(root: &Table<'_>) -> Option<RuleNumbers> {
    let table = root.need("co_chair_rule")?.table(&["min_seats", "max_seats", "min_sectors", "min_countries"])?;
    let number = |key, min| table.need(key).and_then(|value| value.number(min, 100));
    let (min_seats, max_seats) = (number("min_seats", 1), number("max_seats", 1));
    let (min_sectors, min_countries) = (number("min_sectors", 0), number("min_countries", 0));
    let max = max_seats?;
    for (key, least) in [("min_seats", min_seats), ("min_sectors", min_sectors), ("min_countries", min_countries)] {
        if let (Some(least), Some(value)) = (least.filter(|least| *least > max), table.get(key)) {
            value.fault(format!("is {least}, above max_seats, which is {max}: no group could satisfy it"));
        }
    }
    Some(RuleNumbers { min_seats: min_seats?, max_seats: max, min_sectors: min_sectors?, min_countries: min_countries? })
}

pub(super) fn coded(root: &Table<'_>, section: &str, min: usize, known: &Known) -> Vec<Coded> {
    let form = "is no code: write small letters, digits and _, beginning with a letter, at most 80";
    let fits = |code: &str| {
        code.len() <= text::MAX_SLUG
            && code.starts_with(|c: char| c.is_ascii_lowercase())
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let items = if min > 0 { root.need(section).map(|value| value.items()).unwrap_or_default() } else { root.list(section) };
    let mut claims = Claims::of("code");
    let read = |item: &Value<'_>| {
        let table = item.table(&["code", "name"])?;
        let code = table.need("code").and_then(|value| {
            let code = value.parsed(|code| if fits(code) { Ok(code.to_owned()) } else { Err(form) })?;
            claims.claim(&value, &code, &code).then_some(code)
        });
        let name = table.need("name").and_then(|value| known.title(&value));
        Some(Coded { code: code?, name: name? })
    };
    items.iter().filter_map(read).collect()
}

pub(super) fn principles(root: &Table<'_>, known: &Known) -> Vec<Principle> {
    let mut claims = Claims::of("number");
    let read = |item: &Value<'_>| {
        let table = item.table(&["number", "title", "summary"])?;
        let number = number(&table, &mut claims);
        let title = table.need("title").and_then(|value| known.title(&value));
        let summary = table.need("summary").and_then(|value| known.prose(&value));
        Some(Principle { number: number?, title: title?, summary: summary? })
    };
    root.list("principles").iter().filter_map(read).collect()
}

fn number(table: &Table<'_>, claims: &mut Claims) -> Option<i64> {
    let value = table.need("number")?;
    let number = read::count(&value, 1)?;
    claims.claim(&value, number, number).then_some(number)
}

/// Each supporter with where it stands in the file.
pub(super) fn supporters<'f>(root: &Table<'f>, known: &Known) -> Vec<(Value<'f>, Supporter)> {
    let keys = ["name", "slug", "sector", "kind", "country", "website", "statement", "endorsed_on", "principles"];
    let (mut names, mut slugs) = (Claims::of("name"), Claims::of("slug"));
    let mut read = |item: &Value<'f>| {
        let table = item.table(&keys)?;
        let name = table.need("name").and_then(|value| {
            let name = read::name(&value)?;
            names.claim(&value, text::fold(&name), &name).then_some(name)
        });
        let slug = read::slug(&table, &mut slugs, "name", name.as_deref());
        let sector = table.get("sector").and_then(|value| value.reference(&known.sectors, "sector of [[sectors]]"));
        let kind = table.get("kind").and_then(|value| value.reference(&known.kinds, "kind of [[kinds]]"));
        let country = table.get("country").and_then(|value| read::country(&value));
        let website = table.get("website").and_then(|value| read::url(&value));
        let statement = table.get("statement").and_then(|value| read::prose(&value));
        let endorsed_on = table.get("endorsed_on").and_then(|value| value.day());
        let principles = known.principles(&table);
        let (name, slug) = (name?, slug?);
        Some(Supporter {
            folded: text::fold(&name),
            name,
            slug,
            sector,
            kind,
            country,
            website,
            statement,
            endorsed_on,
            principles,
        })
    };
    root.list("supporters").into_iter().filter_map(|item| read(&item).map(|supporter| (item, supporter))).collect()
}

pub(super) fn groups(
    root: &Table<'_>,
    known: &Known,
    rule: Option<&RuleNumbers>,
    supporters: &[(Value<'_>, Supporter)],
) -> Vec<Group> {
    let keys = ["number", "title", "mandate", "slug", "status", "join_policy", "principles", "co_chairs", "derogation"];
    let (mut numbers, mut slugs) = (Claims::of("number"), Claims::of("slug"));
    let rule = rule.filter(|_| !root.is_faulty("co_chair_rule"));
    let read = |item: &Value<'_>| {
        let table = item.table(&keys)?;
        let number = number(&table, &mut numbers);
        let title = table.need("title").and_then(|value| known.title(&value));
        let mandate = table.get("mandate").and_then(|value| known.prose(&value));
        let slug = read::slug(&table, &mut slugs, "title", title.as_ref().map(|title| known.first(title)));
        let status = table
            .get("status")
            .map_or(Some(groups::Status::Active), |value| value.word(groups::Status::parse, groups::Status::ALL));
        let join_policy =
            table.get("join_policy").map_or(Some(JoinPolicy::Approval), |value| value.word(JoinPolicy::parse, JoinPolicy::ALL));
        let principles = known.principles(&table);
        let co_chairs = co_chairs(&table, known, supporters);
        let derogation = table.get("derogation").and_then(|value| derogation(&value, known));
        let group = Group {
            number: number?,
            title: title?,
            mandate,
            slug: slug?,
            status: status?,
            join_policy: join_policy?,
            principles,
            co_chairs: co_chairs.iter().map(|(_, supporter)| supporter.slug.clone()).collect(),
            derogation,
        };
        // A seat that could not be read, or was read wrongly, would be judged for what it is not.
        let sound = !item.is_faulty() && co_chairs.iter().all(|(at, _)| !at.is_faulty());
        if let Some(rule) = rule.filter(|_| sound && co_chairs.len() == table.list("co_chairs").len()) {
            judge(&group, rule, &co_chairs, known, &table.get("co_chairs").unwrap_or_else(|| item.clone()));
        }
        Some(group)
    };
    root.list("groups").iter().filter_map(read).collect()
}

type Chair<'a, 'f> = (&'a Value<'f>, &'a Supporter);

fn co_chairs<'a, 'f>(table: &Table<'_>, known: &Known, supporters: &'a [(Value<'f>, Supporter)]) -> Vec<Chair<'a, 'f>> {
    let find = |value: &Value<'_>| {
        let stranger = "is the name of no supporter of [[supporters]]: correct it, or add it there";
        let folded =
            value.parsed(|name| Some(text::fold(name)).filter(|name| known.supporters.contains(name)).ok_or(stranger))?;
        supporters.iter().find(|(_, supporter)| supporter.folded == folded).map(|(at, supporter)| (at, supporter))
    };
    table.list("co_chairs").iter().filter_map(find).collect()
}

fn derogation(value: &Value<'_>, known: &Known) -> Option<Derogation> {
    let table = value.table(&["waives", "reason", "since", "until"])?;
    let waives = table.need("waives").map(|list| {
        let words: Vec<_> = list.items();
        if words.is_empty() && !list.is_faulty() {
            list.fault("is empty: name what is waived, or remove the derogation");
        }
        words.iter().filter_map(|word| word.word(Waivable::parse, Waivable::ALL)).collect()
    });
    let reason = table.need("reason").and_then(|value| read::prose(&value));
    let since = table.get("since").map_or(Some(known.as_of), |value| value.day());
    let until = table.get("until").and_then(|value| value.day());
    if let (Some(since), Some(until), Some(value)) = (since, until, table.get("until"))
        && until < since
    {
        value.fault(format!("lies before the derogation begins, on {since}: correct one of them"));
    }
    Some(Derogation { waives: waives?, reason: reason?, since: since?, until })
}

/// Faults of the seats: what is refused in every status and, where the group must be balanced, what no derogation waives.
fn judge<'a>(group: &Group, rule: &RuleNumbers, co_chairs: &[Chair<'a, '_>], known: &Known, at: &Value<'_>) {
    let seat = |(_, supporter): &Chair<'a, '_>| Seat {
        key: supporter.name.as_str(),
        supporter: &supporter.slug,
        endorsed: true,
        sector: supporter.sector.as_deref(),
        country: supporter.country.as_deref(),
    };
    let seats: Vec<_> = co_chairs.iter().map(seat).collect();
    let violations = if group.status.needs_balance() {
        groups::balance(rule, &seats).violations
    } else {
        groups::refused_in_every_status(rule, &seats)
    };
    // A derogation is judged on the first day on which it stands beside the seats, not today: a file does not spoil with time.
    let waived = |violation: &Violation<&str>| {
        let derogation = group.derogation.as_ref();
        let day = derogation.map_or(known.as_of, |derogation| derogation.since.max(known.as_of));
        groups::balanced(std::slice::from_ref(violation), derogation, day)
    };
    for violation in violations.iter().filter(|violation| !waived(violation)) {
        let waivable = Waivable::ALL.iter().any(|waivable| waivable.code() == violation.code);
        let way_out =
            if waivable { format!(", or add a derogation that waives {:?}", violation.code.as_str()) } else { String::new() };
        let (code, detail, names) = (violation.code, &violation.detail, violation.seats.join("; "));
        at.fault(format!("violates the co-chair rule ({code}): {detail} At fault: {names}. Choose other co-chairs{way_out}"));
    }
}
