use super::*;

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn subject(kind: ReminderKind, target: Target, since: &str) -> Subject {
    Subject { kind, id: "s".into(), target, set_at: instant(since), since: instant(since), until: None }
}

fn due_on(day: &str, since: &str) -> Subject {
    subject(ReminderKind::DeliverableDue, Target::On(day.parse().unwrap()), since)
}

fn told(moments: &[Moment]) -> Vec<String> {
    moments.iter().map(|moment| format!("{} {}", moment.days_before, moment.at)).collect()
}

#[test]
fn nine_is_nine_wherever_there_is_one() {
    let cases = [
        ("2024-02-29", "Europe/Paris", "2024-02-29T08:00:00Z"),
        ("2026-03-29", "Europe/Paris", "2026-03-29T07:00:00Z"), // the clocks went forward that night
        ("2026-10-25", "Europe/Paris", "2026-10-25T08:00:00Z"), // and back
        ("2026-10-08", "Etc/GMT+12", "2026-10-08T21:00:00Z"),
        ("2026-10-08", "Pacific/Kiritimati", "2026-10-07T19:00:00Z"),
        ("2026-10-08", "Asia/Kathmandu", "2026-10-08T03:15:00Z"),
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"), // a day that never was
    ];
    for (day, name, nine) in cases {
        assert_eq!(Instant::at_nine(day.parse().unwrap(), zone(name)).to_string(), nine, "{day} {name}");
    }
}

#[test]
fn days_are_counted_in_the_recipients_zone() {
    // (target, since, zone, the moments up to the target)
    let cases: [(&str, &str, &str, &[&str]); 5] = [
        // Over the day on which the clocks go back.
        (
            "2026-11-01",
            "2026-09-01T00:00:00Z",
            "Europe/Paris",
            &["30 2026-10-02T07:00:00Z", "14 2026-10-18T07:00:00Z", "7 2026-10-25T08:00:00Z", "1 2026-10-31T08:00:00Z"],
        ),
        // From a leap day, and over one.
        (
            "2028-03-01",
            "2028-01-01T00:00:00Z",
            "UTC",
            &["30 2028-01-31T09:00:00Z", "14 2028-02-16T09:00:00Z", "7 2028-02-23T09:00:00Z", "1 2028-02-29T09:00:00Z"],
        ),
        // Made, or moved, after the first moment; at the very moment it counts.
        (
            "2026-10-08",
            "2026-09-08T07:00:01Z",
            "Europe/Paris",
            &["14 2026-09-24T07:00:00Z", "7 2026-10-01T07:00:00Z", "1 2026-10-07T07:00:00Z"],
        ),
        ("2026-10-08", "2026-10-07T07:00:00Z", "Europe/Paris", &["1 2026-10-07T07:00:00Z"]),
        ("2026-10-08", "2026-10-07T07:00:01Z", "Europe/Paris", &[]),
    ];
    for (target, since, name, expected) in cases {
        let to = Instant::at_nine(target.parse().unwrap(), zone(name));
        let moments = due_on(target, since).moments(zone(name), &ReminderSettings::default(), None, to);
        assert_eq!(told(&moments), expected, "{target} {since} {name}");
    }
}

#[test]
fn a_round_closes_on_another_day_elsewhere() {
    let mut round =
        subject(ReminderKind::ConsultationClosing, Target::At(instant("2026-09-30T22:00:00Z")), "2026-09-01T00:00:00Z");
    round.until = Some(instant("2026-09-30T22:00:00Z"));
    let to = instant("2026-10-05T00:00:00Z");
    let moments = |name: &str| told(&round.moments(zone(name), &ReminderSettings::default(), None, to));
    let paris = ["14 2026-09-17T07:00:00Z", "3 2026-09-28T07:00:00Z", "1 2026-09-30T07:00:00Z"];
    assert_eq!(moments("Europe/Paris"), paris, "midnight of the first of October");
    let west = ["14 2026-09-16T21:00:00Z", "3 2026-09-27T21:00:00Z", "1 2026-09-29T21:00:00Z"];
    assert_eq!(moments("Etc/GMT+12"), west);
    assert!(round.due(zone("Europe/Paris"), &ReminderSettings::default(), None, to, to).is_none(), "it is over");
}

#[test]
fn late_comes_weekly_for_a_year_and_after_downtime_the_latest_only() {
    let late = due_on("2026-10-08", "2026-09-20T00:00:00Z");
    let (paris, offsets) = (zone("Europe/Paris"), ReminderSettings::default());
    let year = late.moments(paris, &offsets, None, Instant::at_nine("2027-10-08".parse().unwrap(), paris));
    assert_eq!(year.len(), 55, "14, 7, 1, and 52 weeks");
    let weeks = year.iter().filter(|moment| moment.kind == ReminderKind::DeliverableLate);
    for (week, moment) in (1..).zip(weeks) {
        assert_eq!(moment.days_before, -7 * week);
        assert_eq!(moment.at, Instant::at_nine(earlier("2026-10-08".parse().unwrap(), -7 * week), paris));
    }
    // Down from the sixth of October to the twentieth: the day before and a week after were missed.
    let after = Some(Instant::at_nine("2026-10-06".parse().unwrap(), paris));
    let back = instant("2026-10-20T12:00:00Z");
    let due = late.due(paris, &offsets, after, back, back).unwrap();
    assert_eq!((due.kind, due.days_before), (ReminderKind::DeliverableLate, -7));
    let after = Some(Instant::at_nine("2026-10-15".parse().unwrap(), paris));
    assert!(late.due(paris, &offsets, after, back, back).is_none(), "nothing since");
}

mod state {
    use std::collections::HashMap;

    use super::*;
    use crate::policy::PersonId;
    use crate::reminders::rules::plan::{Duty, Ripe, State, When};

    fn person(n: u8) -> PersonId {
        PersonId::of_bytes([n; 16])
    }

    /// Somebody in Paris and somebody at the date line who owe one thing.
    fn state(target: &str, since: &str) -> State {
        let zones = HashMap::from([(person(1), zone("Europe/Paris")), (person(2), zone("Pacific/Kiritimati"))]);
        let duty = |n| Duty { subject: 0, person: person(n), done: false };
        State { subjects: vec![due_on(target, since)], duties: vec![duty(1), duty(2)], zones, ..State::default() }
    }

    fn due(state: &State, now: &str) -> Vec<(PersonId, i64)> {
        let due = state.due(When::Now(instant(now)));
        due.into_values().flatten().map(|item| (item.person, item.moment.days_before)).collect()
    }

    #[test]
    fn everybody_at_nine_once() {
        let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
        state.planned = HashMap::from([
            ("Europe/Paris".into(), "2026-09-07".parse().unwrap()),
            ("Pacific/Kiritimati".into(), "2026-09-07".parse().unwrap()),
        ]);
        assert_eq!(due(&state, "2026-09-07T18:59:59Z"), []);
        assert_eq!(due(&state, "2026-09-07T19:00:00Z"), [(person(2), 30)]);
        state.planned.insert("Pacific/Kiritimati".into(), "2026-09-08".parse().unwrap());
        assert_eq!(due(&state, "2026-09-08T06:59:59Z"), []);
        assert_eq!(due(&state, "2026-09-08T07:00:00Z"), [(person(1), 30)]);
        // A worker that was killed before it had noted the day finds what it did.
        let key = (ReminderKind::DeliverableDue, "s".to_owned(), 30, person(1));
        state.sent.insert(key, vec![("2026-10-08".parse().unwrap(), instant("2026-09-08T07:00:00Z"))]);
        assert_eq!(due(&state, "2026-09-08T07:00:01Z"), []);
        // Another date is another reminder.
        state.subjects[0] = due_on("2026-10-15", "2026-09-09T00:00:00Z");
        state.planned = HashMap::from([("Europe/Paris".into(), "2026-09-30".parse().unwrap())]);
        assert_eq!(due(&state, "2026-10-01T12:00:00Z"), [(person(1), 14)]);
    }

    #[test]
    fn whoever_comes_back_before_nine_waits_for_it() {
        let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
        state.planned = HashMap::from([("Europe/Paris".into(), "2026-09-07".parse().unwrap())]);
        state.zones.remove(&person(2));
        assert_eq!(due(&state, "2026-10-03T05:00:00Z"), [], "one mail a day, and that at nine");
        assert_eq!(due(&state, "2026-10-03T07:00:00Z"), [(person(1), 7)]);
        let on = |day: &str| state.due(When::On(day.parse().unwrap())).len();
        assert_eq!((on("2026-09-23"), on("2026-09-24"), on("2026-09-25")), (0, 1, 0));
    }

    #[test]
    fn downtime_counts_in_a_zone_that_was_never_planned() {
        let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
        state.zones.remove(&person(1));
        state.planned = HashMap::from([("Europe/Paris".into(), "2026-09-23".parse().unwrap())]);
        assert_eq!(due(&state, "2026-09-26T19:00:00Z"), [(person(2), 14)], "of the 24th, while no server ran");
        state.planned = HashMap::from([("Europe/Paris".into(), "2026-09-26".parse().unwrap())]);
        assert_eq!(due(&state, "2026-09-26T19:00:00Z"), [], "there was no downtime");
    }

    #[test]
    fn what_is_ahead_is_what_comes_due() {
        let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
        for zone in ["Europe/Paris", "Pacific/Kiritimati"] {
            state.planned.insert(zone.into(), "2026-09-01".parse().unwrap());
        }
        let all = state.ahead(instant("2026-09-02T00:00:00Z"), "2026-10-31".parse().unwrap());
        let (done, ahead): (Vec<_>, Vec<_>) = all.into_iter().partition(|item| item.done);
        assert!(done.is_empty());
        let mut days: Vec<_> = ahead.iter().filter(|item| item.person == person(1)).map(|item| item.moment.days_before).collect();
        days.sort_unstable();
        assert_eq!(days, [-7, 1, 7, 14, 30], "of late ones the next");
    }

    #[test]
    fn of_late_ones_that_wait_the_next_is_not_ahead() {
        // Planned to the second of November, told for the last time before that.
        let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
        state.zones.remove(&person(2));
        state.planned = HashMap::from([("Europe/Paris".into(), "2026-11-02".parse().unwrap())]);
        let ahead = state.ahead(instant("2026-11-06T12:00:00Z"), "2026-12-31".parse().unwrap());
        let days: Vec<_> = ahead.iter().map(|item| item.moment.days_before).collect();
        assert_eq!(days, [-28], "what waits for the worker");
    }

    #[test]
    fn whoever_arrives_misses_no_day_and_lives_through_none_twice() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        // Planned to in the zone left, in Paris; now → whether the reminder of 8 September, 09:00, is due there.
        let cases = [
            // From where it was not nine yet, to where it has been and everybody was told.
            ("2026-09-07", "2026-09-08", "2026-09-08T10:00:00Z", true),
            // From where they were told.
            ("2026-09-08", "2026-09-08", "2026-09-08T10:00:00Z", false),
            // From where they were told, to where it is not nine yet.
            ("2026-09-08", "2026-09-07", "2026-09-08T07:00:00Z", false),
            ("2026-09-07", "2026-09-07", "2026-09-08T06:59:59Z", false),
            ("2026-09-07", "2026-09-07", "2026-09-08T07:00:00Z", true),
            // From where it is tomorrow.
            ("2026-09-09", "2026-09-07", "2026-09-08T07:00:00Z", false),
        ];
        for (left, here, now, is_due) in cases {
            let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
            state.zones.remove(&person(2));
            state.planned = HashMap::from([("Europe/Paris".into(), day(here))]);
            state.arrived = HashMap::from([(person(1), day(left))]);
            let expected: &[_] = if is_due { &[(person(1), 30)] } else { &[] };
            assert_eq!(due(&state, now), expected, "{left} {here} {now}");
        }
    }

    #[test]
    fn every_zone_that_was_ever_planned_stays_planned_and_arrivals_settle() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let (paris, west) = ("Europe/Paris", "Etc/GMT+12");
        let planned = HashMap::from([(paris.to_owned(), day("2026-09-07")), (west.to_owned(), day("2026-09-07"))]);
        // Who arrived in Paris from where it was planned to that day; now → zones to plan, whether that person is settled.
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], bool);
        let cases: [Case<'_>; 6] = [
            ("2026-09-07", "2026-09-08T06:59:59Z", &[], false),
            ("2026-09-07", "2026-09-08T07:00:00Z", &[(paris, "2026-09-08")], true),
            ("2026-09-09", "2026-09-08T07:00:00Z", &[(paris, "2026-09-08")], false),
            ("2026-09-09", "2026-09-09T07:00:00Z", &[(paris, "2026-09-09"), (west, "2026-09-08")], true),
            // Nobody is west any more.
            ("2026-09-07", "2026-09-08T21:00:00Z", &[(paris, "2026-09-08"), (west, "2026-09-08")], true),
            ("2026-09-07", "2026-09-08T20:59:59Z", &[(paris, "2026-09-08")], true),
        ];
        for (left, now, zones, settled) in cases {
            let ripe = Ripe::at(instant(now), &[zone(paris)], &planned, &[(person(1), zone(paris), day(left))]);
            let told: Vec<_> = ripe.zones.iter().map(|(zone, day)| (zone.clone(), day.to_string())).collect();
            let mut expected: Vec<_> = zones.iter().map(|(zone, day)| ((*zone).to_owned(), (*day).to_owned())).collect();
            expected.sort();
            assert_eq!((told, !ripe.settled.is_empty()), (expected, settled), "{left} {now}");
        }
        // Kept planned, it is as any other for whoever comes there after months: of what was due in them nothing is told.
        let mut state = state("2026-10-08", "2026-08-01T00:00:00Z");
        state.zones = HashMap::from([(person(1), zone(west))]);
        state.planned = HashMap::from([(paris.to_owned(), day("2026-10-02")), (west.to_owned(), day("2026-10-01"))]);
        assert_eq!(due(&state, "2026-10-02T21:00:00Z"), []);
    }
}
