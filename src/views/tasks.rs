//! `/me/tasks`: what a person owes, from every slice, by due date.

mod owed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::http::{Object, Request, Route, get};
use crate::people;
use crate::policy::Action;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// What is owed.
    pub enum TaskKind {
        /// Begin a deliverable.
        StartDeliverable = "start_deliverable",
        /// Reach a deliverable's next milestone.
        ReachMilestone = "reach_milestone",
        /// Add a first version to a deliverable.
        AddVersion = "add_version",
        /// Submit a deliverable.
        SubmitDeliverable = "submit_deliverable",
        /// Take up what a round on a deliverable brings.
        TakeUpConsultation = "take_up_consultation",
        /// Approve or return a deliverable.
        ApproveDeliverable = "approve_deliverable",
        /// Show a deliverable at its Forum and mark it presented.
        PresentDeliverable = "present_deliverable",
        /// Decide a request for membership.
        DecideMembership = "decide_membership",
        /// Name somebody for a vacant co-chair seat.
        FillSeat = "fill_seat",
        /// Bring the co-chairs of a group back into balance.
        RestoreBalance = "restore_balance",
        /// Say whether one comes to a meeting.
        AnswerMeeting = "answer_meeting",
        /// Answer a round for a supporter that has not.
        AnswerConsultation = "answer_consultation",
        /// Say what came of a closed round.
        WriteSynthesis = "write_synthesis",
        /// Publish a closed round whose synthesis is written.
        PublishConsultation = "publish_consultation",
        /// Decide a request for affiliation.
        DecideAffiliation = "decide_affiliation",
        /// Decide an application to endorse the call.
        DecideApplication = "decide_application",
        /// Accept an invitation, or let it expire.
        AnswerInvitation = "answer_invitation",
    }
}

/// What a task is about.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TaskSubject")]
struct Subject {
    /// What kind of object it is.
    #[serde(rename = "type")]
    object_type: &'static str,
    /// What people call it, or its id.
    #[serde(rename = "ref")]
    reference: String,
    /// Its path in the API.
    url: String,
}

/// Something that a person owes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Task")]
struct Task {
    kind: TaskKind,
    /// What it is about, as people call it.
    title: String,
    /// When it is too late; null: no day is set.
    due_at: Option<Instant>,
    subject: Subject,
    /// As what one owes it: `lead`, `co_chair`, `member`, `focal_point`, `representative`, `secretariat`, `invited`.
    reason: &'static str,
    /// The requests that do it: method and path.
    actions: Vec<String>,
}

/// What a person owes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tasks")]
struct TasksView {
    /// By due date, what has none last.
    items: Vec<Task>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct TasksQuery {
    /// Only tasks of this kind.
    kind: Option<TaskKind>,
}

pub fn routes() -> Vec<Route> {
    vec![get("/me/tasks", Action::KeepOwnAccount, "What one owes, by due date", tasks)]
}

async fn tasks(request: Request<(), TasksQuery>) -> Result<Object<TasksView>> {
    request
        .read(|tx, input| {
            people::oneself(&input.actor)?;
            let mut items = owed::all(tx, &input.actor, &input.reader)?;
            if let Some(kind) = input.query.kind {
                items.retain(|task| task.kind == kind);
            }
            items.sort_by(|a, b| {
                (a.due_at.is_none(), a.due_at, a.kind, &a.subject.reference).cmp(&(
                    b.due_at.is_none(),
                    b.due_at,
                    b.kind,
                    &b.subject.reference,
                ))
            });
            Ok(Object::plain(TasksView { items, next_cursor: None }))
        })
        .await
}
