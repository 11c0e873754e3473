//! `/me/tasks`: what a person owes, from every slice, by due date.

mod owed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::owed::Task;
use crate::error::{ProblemKind, Result};
use crate::http::page::{Listed, Paging, SortField, SortKey};
use crate::http::{Page, Request, Route, get};
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
struct TaskView {
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

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        let Task { kind, title, due_at, object_type, reference, url, supporter, reason } = task;
        let query = supporter.map(|id| format!("?supporter_id={id}")).unwrap_or_default();
        let actions = owed::actions(kind).iter().map(|action| action.replace("{url}", &url) + &query).collect();
        Self { kind, title, due_at, subject: Subject { object_type, reference, url }, reason, actions }
    }
}

/// What a person owes, as a list.
struct Tasks;

impl Listed for Tasks {
    type Row = Task;
    const SORTS: &'static [SortField<Task>] = &[SortField {
        name: "due_at",
        column: "due_at",
        // What has no day comes after every day.
        key: SortKey::Int(|task| task.due_at.map_or(i64::MAX, |at| at.utc().timestamp_micros())),
    }];
    const DEFAULT: &'static str = "due_at";
    const TIE: SortField<Task> = SortField {
        name: "task",
        column: "task",
        key: SortKey::Text(|task| format!("{:02} {} {:?}", task.kind as u8, task.reference, task.supporter)),
    };
}

#[derive(Deserialize, JsonSchema)]
struct TasksQuery {
    #[serde(flatten)]
    page: Paging<Tasks>,
    /// Only tasks of this kind.
    kind: Option<TaskKind>,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/me/tasks", Action::KeepOwnAccount, "What one owes, by due date; what has none comes last", tasks)
            .answers(&[ProblemKind::InvalidCursor]),
    ]
}

async fn tasks(request: Request<(), TasksQuery>) -> Result<Page<TaskView>> {
    request
        .read(|tx, input| {
            people::oneself(&input.actor)?;
            let plan = input.query.page.plan(&input.filters)?;
            let mut tasks = owed::all(tx, &input.actor, &input.reader)?;
            if let Some(kind) = input.query.kind {
                tasks.retain(|task| task.kind == kind);
            }
            let total = plan.total.then(|| i64::try_from(tasks.len()).unwrap_or(i64::MAX));
            let (tasks, next) = plan.cut(plan.arrange(tasks));
            Ok(Page::new(tasks.into_iter().map(TaskView::from).collect(), next, total))
        })
        .await
}
