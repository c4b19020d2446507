-- +goose Up
-- Engagements: what several companies do together to win one customer. A seat is a company in one; lane is the view in which it lists it: invited, open, over. What a company keeps to itself is engagement_section alone; others read revisions of snapshots.
CREATE TABLE engagement (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), number text NOT NULL, source_key text NOT NULL, state text NOT NULL, shown bigint NOT NULL, title text NOT NULL, customer text NOT NULL, purpose text NOT NULL,
  teaser text NOT NULL, country text NOT NULL, band text NOT NULL, about_kind text NOT NULL, about_id text NOT NULL, about_number text NOT NULL, first_org text NOT NULL, outcome text NOT NULL, comment text NOT NULL,
  made bigint NOT NULL, made_by text NOT NULL, closed bigint NOT NULL, closed_by text NOT NULL
);
CREATE UNIQUE INDEX engagement_number ON engagement (number);
CREATE UNIQUE INDEX engagement_source ON engagement (owner_id, source_key) WHERE source_key <> '';
CREATE TABLE engagement_seat (
  id text PRIMARY KEY, engagement_id text NOT NULL REFERENCES engagement(id), org_id text NOT NULL REFERENCES org(id), owner_id text NOT NULL REFERENCES org(id), role text NOT NULL, state text NOT NULL, lane text NOT NULL,
  supplies bigint NOT NULL, message text NOT NULL, invited bigint NOT NULL, invited_by text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, joined bigint NOT NULL, left_at bigint NOT NULL,
  reason text NOT NULL, comment text NOT NULL, changed bigint NOT NULL
);
CREATE UNIQUE INDEX engagement_seat_org ON engagement_seat (engagement_id, org_id);
CREATE INDEX engagement_seat_lane ON engagement_seat (org_id, lane, changed, id);
CREATE INDEX engagement_seat_all ON engagement_seat (org_id, changed, id);
CREATE INDEX engagement_seat_owner ON engagement_seat (owner_id, org_id);
CREATE TABLE engagement_section (
  engagement_id text NOT NULL REFERENCES engagement(id), org_id text NOT NULL REFERENCES org(id), body text NOT NULL, version bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (engagement_id, org_id)
);
CREATE TABLE engagement_template (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), name text NOT NULL, fields text NOT NULL, made bigint NOT NULL, made_by text NOT NULL
);
CREATE UNIQUE INDEX engagement_template_name ON engagement_template (org_id, name);
CREATE TABLE engagement_snapshot (
  id text PRIMARY KEY, engagement_id text NOT NULL REFERENCES engagement(id), org_id text NOT NULL REFERENCES org(id), body text NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL
);
CREATE INDEX engagement_snapshot_of ON engagement_snapshot (engagement_id, org_id, made);
CREATE TABLE engagement_reader (
  snapshot_id text NOT NULL REFERENCES engagement_snapshot(id), org_id text NOT NULL REFERENCES org(id), engagement_id text NOT NULL REFERENCES engagement(id), from_id text NOT NULL REFERENCES org(id), rev bigint NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (snapshot_id, org_id)
);
CREATE UNIQUE INDEX engagement_reader_rev ON engagement_reader (engagement_id, from_id, org_id, rev);
CREATE TABLE engagement_split (
  id text PRIMARY KEY, engagement_id text NOT NULL REFERENCES engagement(id), number bigint NOT NULL, state text NOT NULL, body text NOT NULL, note text NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  made_org text NOT NULL REFERENCES org(id), agreed bigint NOT NULL
);
CREATE UNIQUE INDEX engagement_split_number ON engagement_split (engagement_id, number);
CREATE UNIQUE INDEX engagement_split_open ON engagement_split (engagement_id) WHERE state = 'open';
CREATE UNIQUE INDEX engagement_split_agreed ON engagement_split (engagement_id) WHERE state = 'agreed';
CREATE TABLE engagement_party (
  split_id text NOT NULL REFERENCES engagement_split(id), org_id text NOT NULL REFERENCES org(id), engagement_id text NOT NULL REFERENCES engagement(id), part bigint NOT NULL CHECK (part BETWEEN 0 AND 10000), hash text NOT NULL,
  number bigint NOT NULL, state text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, comment text NOT NULL, PRIMARY KEY (split_id, org_id)
);
CREATE INDEX engagement_party_of ON engagement_party (engagement_id);
CREATE TABLE engagement_task (
  id text PRIMARY KEY, engagement_id text NOT NULL REFERENCES engagement(id), org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL, title text NOT NULL, due_on text NOT NULL, done bigint NOT NULL, done_by text NOT NULL,
  made_org text NOT NULL REFERENCES org(id), made_by text NOT NULL, made bigint NOT NULL
);
CREATE INDEX engagement_task_of ON engagement_task (engagement_id, made);
CREATE TABLE engagement_handover (
  id text PRIMARY KEY, engagement_id text NOT NULL REFERENCES engagement(id), from_id text NOT NULL REFERENCES org(id), to_id text NOT NULL REFERENCES org(id), what text NOT NULL, note text NOT NULL, due_on text NOT NULL, state text NOT NULL,
  made bigint NOT NULL, made_by text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, comment text NOT NULL
);
CREATE INDEX engagement_handover_of ON engagement_handover (engagement_id, made);
-- +goose StatementBegin
CREATE FUNCTION engagement_snapshot_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a snapshot never changes'; END $$;
-- +goose StatementEnd
CREATE TRIGGER engagement_snapshot_fixed BEFORE UPDATE ON engagement_snapshot FOR EACH ROW EXECUTE FUNCTION engagement_snapshot_fixed();
CREATE TABLE engagement_search (
  seat_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX engagement_search_words ON engagement_search USING gin (words);
