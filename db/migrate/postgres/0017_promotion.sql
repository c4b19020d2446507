-- +goose Up
-- Joint promotions: what an owner and those who take part agreed, in versions.
CREATE TABLE promotion (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), number text NOT NULL, title text NOT NULL, state text NOT NULL, draft text NOT NULL, open_no bigint NOT NULL, agreed_no bigint NOT NULL,
  from_on text NOT NULL, until_on text NOT NULL, zone text NOT NULL, currency text NOT NULL, budget bigint NOT NULL, next_at bigint NOT NULL, reason text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, cancelled bigint NOT NULL, settled bigint NOT NULL,
  result text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, UNIQUE (owner_id, number)
);
CREATE INDEX promotion_list ON promotion (owner_id, from_on, id);
CREATE INDEX promotion_state ON promotion (owner_id, state, from_on, id);
CREATE INDEX promotion_next ON promotion (next_at, id) WHERE next_at > 0;
CREATE TABLE promotion_version (
  id text PRIMARY KEY, promotion_id text NOT NULL REFERENCES promotion(id), owner_id text NOT NULL, org_id text NOT NULL, number bigint NOT NULL, counter bigint NOT NULL, state text NOT NULL, body text NOT NULL, hash text NOT NULL, note text NOT NULL,
  made_by text NOT NULL, made bigint NOT NULL, agreed bigint NOT NULL, answered_by text NOT NULL, answered bigint NOT NULL
);
CREATE INDEX promotion_version_of ON promotion_version (promotion_id, made, id);
CREATE UNIQUE INDEX promotion_version_no ON promotion_version (promotion_id, number) WHERE number > 0;
CREATE UNIQUE INDEX promotion_counter ON promotion_version (promotion_id, org_id) WHERE number = 0 AND state = 'open';
CREATE TABLE promotion_seat (
  id text PRIMARY KEY, promotion_id text NOT NULL REFERENCES promotion(id), owner_id text NOT NULL, org_id text NOT NULL REFERENCES org(id), role text NOT NULL, state text NOT NULL, hash text NOT NULL, share bigint NOT NULL, currency text NOT NULL,
  asked bigint NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, reason text NOT NULL, taken bigint NOT NULL, UNIQUE (promotion_id, org_id)
);
CREATE INDEX promotion_seat_org ON promotion_seat (org_id, state, promotion_id);
CREATE TABLE promotion_approval (
  promotion_id text NOT NULL REFERENCES promotion(id), org_id text NOT NULL, hash text NOT NULL, person_id text NOT NULL, at bigint NOT NULL, PRIMARY KEY (promotion_id, org_id, hash)
);
CREATE TABLE promotion_task (
  id text PRIMARY KEY, promotion_id text NOT NULL REFERENCES promotion(id), owner_id text NOT NULL, org_id text NOT NULL, title text NOT NULL, due text NOT NULL, done bigint NOT NULL, done_by text NOT NULL, made_by text NOT NULL, made bigint NOT NULL
);
CREATE INDEX promotion_task_of ON promotion_task (promotion_id, org_id, done, due, id);
CREATE TABLE promotion_log (
  id text PRIMARY KEY, promotion_id text NOT NULL REFERENCES promotion(id), seen_by text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, number bigint NOT NULL, text text NOT NULL, happened bigint NOT NULL
);
CREATE INDEX promotion_log_of ON promotion_log (promotion_id, happened, id);
