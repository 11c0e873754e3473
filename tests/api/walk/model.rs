//! What a group may be and become, said once more and as plainly as can be: domain.md's tables, without SQL, HTTP or time.

use std::collections::BTreeMap;

/// Everybody who takes part in a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Chair,
    OtherChair,
    Member,
    OtherMember,
    Lead,
    Observer,
    Representative,
    FocalPoint,
    Stranger,
    Secretary,
}

impl Role {
    pub const ALL: &'static [Self] = &[
        Self::Chair,
        Self::OtherChair,
        Self::Member,
        Self::OtherMember,
        Self::Lead,
        Self::Observer,
        Self::Representative,
        Self::FocalPoint,
        Self::Stranger,
        Self::Secretary,
    ];

    /// The supporter, first or second, that somebody speaks for at first, or would speak for.
    pub fn supporter(self) -> usize {
        usize::from(matches!(self, Self::OtherChair | Self::OtherMember))
    }
}

/// One move.
#[derive(Clone, Debug)]
pub enum Step {
    MoveGroup {
        by: Role,
        to: &'static str,
    },
    MoveDeliverable {
        by: Role,
        to: &'static str,
    },
    /// Of the latest membership of somebody.
    MoveMembership {
        by: Role,
        to: &'static str,
        of: Role,
    },
    Request {
        by: Role,
    },
    /// Names who leads the deliverable.
    Lead {
        by: Role,
        lead: Option<Role>,
    },
    AddVersion {
        by: Role,
    },
    /// Names who fills the first seat, or the second.
    Seat {
        by: Role,
        first: bool,
        person: Option<Role>,
    },
    GiveSeatUp {
        by: Role,
        first: bool,
    },
    /// Sets the seats: the first supporter and the second, or all three.
    SetSeats {
        by: Role,
        all: bool,
    },
    EndAffiliation {
        by: Role,
        of: Role,
    },
    /// The secretariat lets somebody speak for its supporter again.
    Affiliate {
        of: Role,
    },
}

/// A seat that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub supporter: usize,
    pub person: Option<Role>,
}

/// The group, its people, and its one deliverable.
#[derive(Clone, Debug)]
pub struct Model {
    pub group: &'static str,
    pub open_to_all: bool,
    /// Sector and country of the three supporters of the first seats.
    pub supporters: Vec<(String, String)>,
    pub seats: Vec<Seat>,
    /// Whom somebody speaks for, and whether as focal point.
    pub affiliations: BTreeMap<Role, bool>,
    /// The latest membership: status, and whether as observer.
    pub memberships: BTreeMap<Role, (&'static str, bool)>,
    pub deliverable: &'static str,
    pub lead: Option<Role>,
    pub versions: usize,
    /// Whether a session that has begun shows the deliverable as final.
    pub shown: bool,
}

impl Model {
    pub fn is_chair(&self, role: Role) -> bool {
        self.seats.iter().any(|seat| seat.person == Some(role))
    }

    pub fn is_member(&self, role: Role) -> bool {
        self.memberships.get(&role) == Some(&("active", false))
    }

    fn is_lead(&self, role: Role) -> bool {
        self.lead == Some(role) && self.is_member(role)
    }

    fn runs(&self, role: Role) -> bool {
        self.is_chair(role) || role == Role::Secretary
    }

    fn is_focal_point(&self, role: Role, supporter: usize) -> bool {
        self.affiliations.get(&role) == Some(&true) && role.supporter() == supporter
    }

    pub fn has_open_membership(&self, role: Role) -> bool {
        matches!(self.memberships.get(&role), Some(("requested" | "active", _)))
    }

    /// Two or three seats of different supporters, of two sectors and two countries at least.
    fn is_balanced(&self, seats: &[usize]) -> bool {
        let different = |of: fn(&(String, String)) -> &String| {
            let mut all: Vec<_> = seats.iter().filter_map(|seat| self.supporters.get(*seat)).map(of).collect();
            all.sort();
            all.dedup();
            all.len()
        };
        (2..=3).contains(&seats.len()) && different(|one| &one.0) >= 2 && different(|one| &one.1) >= 2
    }

    fn works(&self) -> bool {
        !matches!(self.group, "concluded" | "withdrawn")
    }

    /// Whether a step is allowed; where it is, it is taken.
    pub fn take(&mut self, step: &Step) -> bool {
        match *step {
            Step::MoveGroup { by, to } => self.move_group(by, to),
            Step::MoveDeliverable { by, to } => self.move_deliverable(by, to),
            Step::MoveMembership { by, to, of } => self.move_membership(by, to, of),
            Step::Request { by } => self.request(by),
            Step::Lead { by, lead } => self.name_lead(by, lead),
            Step::AddVersion { by } => {
                let may = self.runs(by) || self.is_lead(by);
                let open = matches!(self.deliverable, "planned" | "in_progress" | "in_consultation");
                let done = may && open && self.works();
                self.versions += usize::from(done);
                done
            }
            Step::Seat { by, first, person } => self.fill(by, usize::from(!first), person),
            Step::GiveSeatUp { by, first } => {
                let supporter = usize::from(!first);
                let may = by == Role::Secretary || self.is_focal_point(by, supporter);
                let Some(at) = self.seats.iter().position(|seat| seat.supporter == supporter) else { return false };
                if may {
                    self.seats.remove(at);
                }
                may
            }
            Step::SetSeats { by, all } => {
                let seats: Vec<usize> = if all { vec![0, 1, 2] } else { vec![0, 1] };
                // Also of a concluded group: without two chairs it could never begin again.
                if by != Role::Secretary || self.group == "withdrawn" || (self.group == "active" && !self.is_balanced(&seats)) {
                    return false;
                }
                let kept = |supporter: usize| self.seats.iter().find(|seat| seat.supporter == supporter).cloned();
                self.seats = seats.into_iter().map(|of| kept(of).unwrap_or(Seat { supporter: of, person: None })).collect();
                true
            }
            Step::EndAffiliation { by, of } => self.end_affiliation(by, of),
            Step::Affiliate { of } => {
                let new = !self.affiliations.contains_key(&of);
                self.affiliations.entry(of).or_insert(false);
                new
            }
        }
    }

    fn move_group(&mut self, by: Role, to: &'static str) -> bool {
        let seats: Vec<usize> = self.seats.iter().map(|seat| seat.supporter).collect();
        let table = matches!(
            (self.group, to),
            ("active", "suspended") | ("active" | "suspended", "concluded") | ("suspended" | "concluded", "active")
        );
        let settled = matches!(self.deliverable, "approved" | "presented" | "dropped");
        let holds = (to != "active" || self.is_balanced(&seats)) && (to != "concluded" || settled);
        let done = by == Role::Secretary && table && holds;
        if done {
            self.group = to;
        }
        done
    }

    fn move_deliverable(&mut self, by: Role, to: &'static str) -> bool {
        let who = match (self.deliverable, to) {
            ("planned", "in_progress") => self.is_lead(by) || self.runs(by),
            ("in_progress", "submitted") => self.runs(by) && self.versions > 0,
            ("planned" | "in_progress" | "in_consultation", "dropped") | ("dropped", "planned") => self.runs(by),
            ("submitted", "in_progress" | "approved") | ("presented", "approved") => by == Role::Secretary,
            ("approved", "presented") => by == Role::Secretary && self.shown,
            // Nobody opens a round here, so it is never in consultation.
            _ => false,
        };
        let group = match self.group {
            "active" => true,
            "suspended" => to != "submitted",
            "concluded" => (self.deliverable, to) == ("approved", "presented"),
            _ => false,
        };
        let done = who && group;
        if done {
            self.deliverable = to;
        }
        done
    }

    fn move_membership(&mut self, by: Role, to: &'static str, of: Role) -> bool {
        let Some((status, observer)) = self.memberships.get(&of).copied() else { return false };
        let done = match (status, to) {
            // Nobody decides about themselves.
            ("requested", "active") => self.runs(by) && by != of && self.group == "active" && self.affiliations.contains_key(&of),
            ("requested", "declined") | ("active", "removed") => self.runs(by) && by != of,
            ("requested", "cancelled") | ("active", "left") => by == of,
            _ => false,
        };
        if done {
            self.memberships.insert(of, (to, observer));
            self.empty_lead();
        }
        done
    }

    fn empty_lead(&mut self) {
        if self.lead.is_some_and(|lead| !self.is_member(lead)) {
            self.lead = None;
        }
    }

    fn request(&mut self, by: Role) -> bool {
        let done = self.group == "active" && self.affiliations.contains_key(&by) && !self.has_open_membership(by);
        if done {
            self.memberships.insert(by, (if self.open_to_all { "active" } else { "requested" }, false));
        }
        done
    }

    fn name_lead(&mut self, by: Role, lead: Option<Role>) -> bool {
        let open = !matches!(self.deliverable, "approved" | "presented" | "dropped");
        let done = self.runs(by) && self.works() && open && lead.is_none_or(|lead| self.is_member(lead));
        if done {
            self.lead = lead;
        }
        done
    }

    fn fill(&mut self, by: Role, supporter: usize, person: Option<Role>) -> bool {
        let names = by == Role::Secretary || self.is_focal_point(by, supporter);
        let speaks = |role: Role| self.affiliations.contains_key(&role) && role.supporter() == supporter;
        let able = person.is_none_or(|person| speaks(person) && self.works());
        let Some(seat) = self.seats.iter_mut().find(|seat| seat.supporter == supporter) else { return false };
        let leaves = person.is_none() && seat.person == Some(by);
        let done = (names || leaves) && able;
        if done {
            seat.person = person;
        }
        done
    }

    fn end_affiliation(&mut self, by: Role, of: Role) -> bool {
        if !self.affiliations.contains_key(&of) {
            return false;
        }
        let done = by == of || by == Role::Secretary || self.is_focal_point(by, of.supporter());
        if done {
            self.affiliations.remove(&of);
            for seat in self.seats.iter_mut().filter(|seat| seat.person == Some(of)) {
                seat.person = None;
            }
            // An observer's rests on no affiliation.
            if let Some((status, false)) = self.memberships.get(&of).copied() {
                let ended = match status {
                    "active" => "left",
                    "requested" => "cancelled",
                    other => other,
                };
                self.memberships.insert(of, (ended, false));
            }
            self.empty_lead();
        }
        done
    }
}
