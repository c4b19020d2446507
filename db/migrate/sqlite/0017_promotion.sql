-- +goose Up
-- Joint promotions: what an owner and those who take part agreed, in versions.
CREATE TABLE promotion (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, draft TEXT NOT NULL, open_no INTEGER NOT NULL, agreed_no INTEGER NOT NULL,
  from_on TEXT NOT NULL, until_on TEXT NOT NULL, zone TEXT NOT NULL, currency TEXT NOT NULL, budget INTEGER NOT NULL, next_at INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL, cancelled INTEGER NOT NULL, settled INTEGER NOT NULL,
  result TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, UNIQUE (owner_id, number)
);
CREATE INDEX promotion_list ON promotion (owner_id, from_on, id);
CREATE INDEX promotion_state ON promotion (owner_id, state, from_on, id);
CREATE INDEX promotion_next ON promotion (next_at, id) WHERE next_at > 0;
CREATE TABLE promotion_version (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL, org_id TEXT NOT NULL, number INTEGER NOT NULL, counter INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL,
  made_by TEXT NOT NULL, made INTEGER NOT NULL, agreed INTEGER NOT NULL, answered_by TEXT NOT NULL, answered INTEGER NOT NULL
);
CREATE INDEX promotion_version_of ON promotion_version (promotion_id, made, id);
CREATE UNIQUE INDEX promotion_version_no ON promotion_version (promotion_id, number) WHERE number > 0;
CREATE UNIQUE INDEX promotion_counter ON promotion_version (promotion_id, org_id) WHERE number = 0 AND state = 'open';
CREATE TABLE promotion_seat (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), role TEXT NOT NULL, state TEXT NOT NULL, hash TEXT NOT NULL, share INTEGER NOT NULL, currency TEXT NOT NULL,
  asked INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, reason TEXT NOT NULL, taken INTEGER NOT NULL, UNIQUE (promotion_id, org_id)
);
CREATE INDEX promotion_seat_org ON promotion_seat (org_id, state, promotion_id);
CREATE TABLE promotion_approval (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), org_id TEXT NOT NULL, hash TEXT NOT NULL, person_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (promotion_id, org_id, hash)
);
CREATE TABLE promotion_task (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL, org_id TEXT NOT NULL, title TEXT NOT NULL, due TEXT NOT NULL, done INTEGER NOT NULL, done_by TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX promotion_task_of ON promotion_task (promotion_id, org_id, done, due, id);
CREATE TABLE promotion_log (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), seen_by TEXT NOT NULL, kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX promotion_log_of ON promotion_log (promotion_id, happened, id);
