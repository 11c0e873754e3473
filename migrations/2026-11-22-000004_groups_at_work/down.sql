-- Entries that name their group could not be verified without it: there is no way back once there are any.
DROP INDEX audit_entries_by_group;
ALTER TABLE audit_entries DROP COLUMN group_id;
ALTER TABLE invitations RENAME TO invitations_after;
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    supporter_id TEXT NOT NULL REFERENCES supporters (id),
    email TEXT,
    folded_email TEXT,
    role TEXT NOT NULL,
    invited_by TEXT REFERENCES persons (id),
    accepted_by TEXT REFERENCES persons (id),
    status TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- What invites to a group has no place there.
INSERT INTO invitations (id, supporter_id, email, folded_email, role, invited_by, accepted_by, status, expires_at, version, created_at, updated_at)
    SELECT id, supporter_id, email, folded_email, role, invited_by, accepted_by, status, expires_at, version, created_at, updated_at
    FROM invitations_after WHERE group_id IS NULL;
DROP TABLE invitations_after;
CREATE UNIQUE INDEX invitations_one_open ON invitations (supporter_id, folded_email) WHERE status = 'open';
CREATE INDEX invitations_by_acceptance ON invitations (accepted_by);
CREATE INDEX invitations_by_supporter ON invitations (supporter_id, created_at, id);
CREATE INDEX invitations_by_email ON invitations (folded_email, status);
DROP TABLE calendar_feeds;
DROP TABLE meeting_attendance;
DROP TABLE meetings;
DROP TABLE session_presentations;
DROP TABLE acknowledgements;
DROP TABLE comments;
DROP TABLE deliverable_versions;
DROP TABLE milestones;
DROP TABLE deliverable_principles;
DROP TABLE deliverables;
DROP TABLE group_messages;
DROP TABLE memberships;
DROP INDEX derogations_to_expire;
ALTER TABLE derogations DROP COLUMN expired_at;
ALTER TABLE working_groups DROP COLUMN unbalanced_since;
ALTER TABLE working_groups DROP COLUMN open_consultations;
ALTER TABLE working_groups DROP COLUMN deliverables;
ALTER TABLE working_groups DROP COLUMN member_supporters;
ALTER TABLE working_groups DROP COLUMN members;
DROP TABLE group_aliases;
DROP TABLE seat_persons;
